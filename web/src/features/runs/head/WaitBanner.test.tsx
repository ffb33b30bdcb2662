import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProviderWait, Run } from "@/api/types";
import { noCounts, run, viewer } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on } from "@/test/server";

const RUN = "/api/v1/workspaces/{ws}/runs/{run}";
const NOW = Date.now();
const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();

class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static last: FakeSource | undefined;
  readyState = 1;

  constructor() {
    super();
    FakeSource.last = this;
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  waits(waits: ProviderWait[]): void {
    const data = JSON.stringify({ waits });
    act(() => void this.dispatchEvent(new MessageEvent("provider_waits", { data })));
  }
}

beforeEach(() => vi.stubGlobal("EventSource", FakeSource));
afterEach(() => vi.unstubAllGlobals());

function model(provider: string) {
  return { provider, model: `${provider}-model`, simulated: false, digest: null, parameters: {} };
}

/** A run on two model servers, of which so many cells are open each. */
function twoModels(first: number, second: number): Run {
  const columns = [first, second].map((open, position) => ({
    position,
    version_position: 0,
    model_position: position,
    counts: { ...noCounts, pass: 100 - open, open },
    latency_ms_mean: 100,
    prompt_tokens: 0,
    completion_tokens: 0,
    tokens_per_second: null,
    cost_usd: null,
    metrics: [],
    interval: null,
  }));
  return run({
    state: "running",
    models: [model("ollama"), model("vllm")],
    columns,
    case_count: 100,
    cell_count: 200,
    counts: { ...noCounts, pass: 200 - first - second, open: first + second },
    started_at: at(-60),
    finished_at: null,
  });
}

function wait(over: Partial<ProviderWait> = {}): ProviderWait {
  return {
    provider: "ollama",
    model_position: 0,
    since: at(-20),
    by_hand: false,
    probe_at: at(40),
    until: at(900),
    reason: "`http://gpu:11434` refuses the connection.",
    ...over,
  };
}

function open(shown: Run, waits: ProviderWait[], as?: Parameters<typeof openPage>[1]) {
  const page = openPage(`/runs/${shown.id}`, as);
  on("get", RUN, () => ({ body: shown }));
  on("get", `${RUN}/waits`, () => ({ body: { items: waits } }));
  on("get", `${RUN}/cells`, () => ({ body: { items: [], next_cursor: null } }));
  on("get", `${RUN}/rows`, () => ({ body: { rows: [], total: 0, matched: 0 } }));
  on("get", `${RUN}/cases`, () => ({ body: { items: [], next_cursor: null } }));
  return page;
}

const banner = () => screen.findByRole("region", { name: "What this run waits for" });

describe("a run that waits for a model server", () => {
  it("says for whom, why, when it is tried again and for how long it waits, and claims no progress", async () => {
    open(twoModels(50, 0), [wait()]);
    const said = await banner();
    expect(said).toHaveTextContent(/This run waits for ollama since \d\d:\d\d\. Nothing is lost\./);
    expect(said).toHaveTextContent("http://gpu:11434 refuses the connection.");
    expect(said).toHaveTextContent(/Next try in (39|40) s; when it answers/);
    expect(said).toHaveTextContent(/Cells wait until \d\d:\d\d; after that they are errors/);
    expect(within(said).getByRole("link", { name: "Health" })).toHaveAttribute("href", "/health");
    // What is counted down is not read out each second.
    expect(within(said).getByRole("status")).not.toHaveTextContent("Next try");
    expect(screen.getByText("Waiting")).toBeVisible();
    expect(screen.queryByText("Running")).toBeNull();
    expect(screen.getAllByText("Waits for ollama")).toHaveLength(2);
    expect(screen.queryByText(/^About .* left$/)).toBeNull();
  });

  it("goes on to say what its other models do", async () => {
    open(twoModels(50, 20), [wait()]);
    expect(await banner()).toHaveTextContent("the cells of other servers go on");
    expect(screen.getByText("Running")).toBeVisible();
    expect(screen.getByText("No estimate while cells wait")).toBeVisible();
    expect(screen.getAllByText("Waits for ollama")).toHaveLength(1);
  });

  it("says each server once, and that nobody knows when one that was stopped is tried", async () => {
    const stopped = {
      provider: "vllm",
      model_position: 1,
      by_hand: true,
      probe_at: null,
      reason: "The machine moves.",
    };
    open(twoModels(50, 20), [wait(), wait({ since: at(-10) }), wait(stopped)]);
    const said = await banner();
    expect(within(said).getAllByText(/^This run waits for ollama/)).toHaveLength(1);
    expect(said).toHaveTextContent("The machine moves.");
    expect(said).toHaveTextContent("It is stopped until an admin lets calls pass.");
    expect(screen.getByText("Waits for 2 model servers")).toBeVisible();
  });

  it("shows it when the stream says so, and hides it by itself", async () => {
    open(twoModels(50, 0), []);
    await screen.findByText("Running");
    expect(screen.queryByRole("region", { name: "What this run waits for" })).toBeNull();
    FakeSource.last?.waits([wait({ probe_at: at(-1) })]);
    expect(await banner()).toHaveTextContent("It is tried again any moment;");
    FakeSource.last?.waits([]);
    await waitFor(() => expect(screen.queryByText(/^This run waits for/)).toBeNull());
    expect(screen.getByText("Running")).toBeVisible();
    // It stood still: how fast it is now is not known yet.
    expect(screen.getByText("Estimate in a moment")).toBeVisible();
  });

  it("has no way to the health page for who may not see it", async () => {
    open(twoModels(50, 0), [wait()], viewer());
    expect(within(await banner()).queryByRole("link")).toBeNull();
  });

  it("waits for nothing any more once it has ended", async () => {
    open({ ...twoModels(50, 0), state: "cancelled" }, [wait()]);
    expect(await screen.findByText("Cancelled")).toBeVisible();
    expect(screen.queryByRole("region", { name: "What this run waits for" })).toBeNull();
  });
});
