import { describe, expect, it } from "vitest";
import { noCounts, run } from "@/test/fixtures";
import { lanesOf, remainingMs, roughly, withSample } from "./progress";

const START = Date.parse("2026-11-22T08:00:00.000Z");
const started = { started_at: "2026-11-22T08:00:00.000Z", state: "running" as const, cell_count: 1000 };

function column(model: number, over: object) {
  return {
    position: model,
    version_position: 0,
    model_position: model,
    counts: noCounts,
    latency_ms_mean: null,
    prompt_tokens: 0,
    completion_tokens: 0,
    tokens_per_second: null,
    cost_usd: null,
    metrics: [],
    interval: null,
    ...over,
  };
}

describe("the remaining time", () => {
  it("is not said before 50 cells", () => {
    const early = run({ ...started, counts: { ...noCounts, pass: 49, open: 951 } });
    expect(remainingMs(early, [], START + 10_000)).toBeNull();
  });

  it("goes by the whole run at first", () => {
    const now = run({ ...started, counts: { ...noCounts, pass: 100, open: 900 } });
    expect(remainingMs(now, [{ at: START + 9_000, finished: 90 }], START + 10_000)).toBe(90_000);
  });

  it("goes by what was watched after that, so that a pause before it does not count", () => {
    const now = run({ ...started, counts: { ...noCounts, pass: 100, fail: 100, open: 800 } });
    const samples = [{ at: START + 600_000, finished: 100 }];
    expect(remainingMs(now, samples, START + 620_000)).toBe(160_000);
  });

  it("forgets samples older than a minute, and those from before cells were put back", () => {
    const samples = [
      { at: 0, finished: 10 },
      { at: 50_000, finished: 90 },
    ];
    expect(withSample(samples, { at: 70_000, finished: 80 })).toEqual([{ at: 70_000, finished: 80 }]);
    expect(withSample(samples, { at: 70_000, finished: 95 })).toHaveLength(2);
  });

  it("is said as roughly as it is known", () => {
    expect([400, 8_100, 60_000, 1_300_000, 7_500_000].map(roughly)).toEqual([
      "1 s",
      "9 s",
      "1 min",
      "22 min",
      "2 h 5 min",
    ]);
  });
});

describe("the lanes", () => {
  it("add up the versions of a model, each answer counted once", () => {
    const model = { provider: "ollama", model: "a", simulated: false, digest: null, parameters: {} };
    const two = run({
      models: [model, { ...model, model: "b" }],
      case_count: 10,
      repeats: 2,
      columns: [
        column(0, {
          counts: { ...noCounts, pass: 3 },
          cost_usd: "0.0004",
          latency_ms_mean: 100,
          completion_tokens: 30,
          tokens_per_second: 10,
        }),
        column(0, {
          position: 1,
          counts: { ...noCounts, fail: 1 },
          cost_usd: "0.0001",
          latency_ms_mean: 500,
          completion_tokens: 30,
          tokens_per_second: 30,
        }),
        column(1, { position: 2 }),
      ],
    });
    expect(lanesOf(two)).toEqual([
      {
        name: "a",
        simulated: false,
        counts: { ...noCounts, pass: 3, fail: 1 },
        total: 40,
        tokensPerSecond: 15,
        latencyMs: 200,
        cost: 0.0005,
      },
      {
        name: "b",
        simulated: false,
        counts: noCounts,
        total: 20,
        tokensPerSecond: null,
        latencyMs: null,
        cost: null,
      },
    ]);
  });
});
