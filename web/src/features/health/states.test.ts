import { describe, expect, it } from "vitest";
import type { HealthCheck } from "@/api/types";
import { healthCheck } from "@/test/fixtures";
import { barsOf } from "./LastDayPart";
import { mapOf } from "./map";
import { headline, sinceOf, story } from "./states";

const NOW = new Date("2026-11-23T14:10:00");
const at = (time: string) => new Date(`2026-11-23T${time}`).toISOString();

const well = healthCheck();
const down = healthCheck({
  componentId: "provider-gpu",
  name: "gpu",
  kind: "provider",
  status: "warn",
  since: at("14:06:41"),
});
const doubtful = healthCheck({ componentId: "disk", name: "Disk", kind: "disk", status: "warn" });
const stopped: HealthCheck = {
  ...down,
  componentId: "provider-old",
  name: "old",
  cost: "2 runs wait for it.",
  breaker: {
    state: "open",
    by_hand: true,
    failures: 3,
    since: at("14:00:00"),
    probe_at: null,
    reason: "",
    opened: 1,
    refused: 0,
    changes: [
      { at: at("14:00:00"), to: "open", reason: "It failed." },
      { at: at("14:08:00"), to: "open", reason: "It moves." },
    ],
  },
};

describe("the head of the page", () => {
  it.each<[HealthCheck[], string]>([
    [[well], "Everything works"],
    [[well, down], "One of 2 dependencies is down"],
    [[down, { ...down, name: "other" }], "2 of 2 dependencies are down"],
    [[well, stopped], "One of 2 dependencies is stopped"],
    [[well, doubtful], "One of 2 dependencies needs a look"],
    [[well, down, stopped], "2 of 3 dependencies need a look"],
    [[{ ...well, status: "fail" }], "One of 1 dependencies is down"],
  ])("counts what is not well", (checks, said) => {
    expect(headline(checks)).toBe(said);
  });

  it("says who, since when and what it costs; of what was stopped, since when it is", () => {
    expect(story([well, down, stopped], NOW)).toBe(
      "gpu does not work since 14:06:41. old is stopped by an admin since 14:08:00. 2 runs wait for it. Everything else works.",
    );
    expect(story([down], NOW)).toBe("gpu does not work since 14:06:41.");
    expect(sinceOf(stopped)).toBe(at("14:08:00"));
  });
});

describe("the gaps of a day", () => {
  const [from, to] = [Date.parse("2026-11-22T12:00:00Z"), Date.parse("2026-11-23T12:00:00Z")];

  it("stand where they were, cut at both ends, and none is too short to be seen", () => {
    const { bars, ms } = barsOf(
      [
        { from: "2026-11-22T06:00:00Z", to: "2026-11-22T18:00:00Z" },
        { from: "2026-11-23T00:00:00Z", to: "2026-11-23T00:00:01Z" },
        { from: "2026-11-23T11:59:59Z", to: null },
      ],
      from,
      to,
    );
    expect(bars).toEqual([
      { at: 0, share: 0.25 },
      { at: 0.5, share: 0.004 },
      { at: 0.996, share: 0.004 },
    ]);
    expect(ms).toBe(6 * 3_600_000 + 2_000);
  });
});

describe("the map", () => {
  const parts = [
    { part: "sign_in" as const, status: "pass" as const, depends_on: ["database"] },
    {
      part: "runs" as const,
      status: "warn" as const,
      depends_on: ["database", "provider-gpu", "provider-old"],
    },
  ];

  it("has a box for each dependency and part, and a line where one carries the other", () => {
    const map = mapOf([down, well, doubtful, stopped], parts);
    expect(map.boxes.map(({ name, note }) => [name, note])).toEqual([
      ["Database", ""],
      ["Disk", "needs a look"],
      ["gpu", "does not work"],
      ["old", "stopped by an admin"],
      ["Sign-in", ""],
      ["Runs", "not on 2 model servers"],
    ]);
    expect(map.edges.filter(({ bad }) => bad).map(({ key }) => key)).toEqual([
      "provider-gpu runs",
      "provider-old runs",
      "disk database",
    ]);
    expect(map.edges).toHaveLength(5);
    const [left, right] = [map.boxes.slice(0, 4), map.boxes.slice(4)];
    for (const side of [left, right]) {
      for (const [index, box] of side.entries()) {
        const before = side[index - 1];
        if (before) expect(box.y).toBeGreaterThanOrEqual(before.y + before.height);
        expect(box.y + box.height).toBeLessThanOrEqual(map.height);
      }
    }
  });

  it("cuts a name that has no room", () => {
    const [box] = mapOf([{ ...well, name: "a".repeat(64) }], []).boxes;
    expect(box?.name).toBe(`${"a".repeat(29)}…`);
  });
});
