import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import type { CellSummary, Column, ProviderWait } from "@/api/types";
import { noCounts, run } from "@/test/fixtures";
import { on } from "@/test/server";
import { runQuery } from "../queries";
import { type CellWindow, windowKey, windowOf } from "../windows";
import { applyEvents } from "./apply";
import { Patches } from "./patches";
import { waitsQuery } from "./waitsQuery";

function cell(row: number, over: Partial<CellSummary> = {}): CellSummary {
  return {
    position: row,
    row,
    column: 0,
    case_position: row,
    repeat: 0,
    state: "pending",
    verdict: null,
    score: null,
    headline: "",
    reason: "",
    preview: "",
    latency_ms: null,
    completion_tokens: null,
    attempts: 0,
    cached: false,
    cost_usd: null,
    ...over,
  };
}

function column(pass: number): Column {
  return {
    position: 0,
    version_position: 0,
    model_position: 0,
    counts: { ...noCounts, pass, open: 100 - pass },
    latency_ms_mean: 10,
    prompt_tokens: 0,
    completion_tokens: 0,
    tokens_per_second: null,
    cost_usd: null,
    metrics: [],
    interval: null,
  };
}

function loaded() {
  const cache = new QueryClient();
  const watched = run({ event_number: 4, columns: [column(0)], counts: column(0).counts });
  cache.setQueryData(runQuery(watched.id).queryKey, watched);
  cache.setQueryData<CellWindow>(windowKey(watched.id, 0), [[cell(0)], [cell(1)], [cell(2)]]);
  return { cache, id: watched.id };
}

const passed = (row: number, number: number) => ({
  name: "cell_finished" as const,
  number,
  cell: cell(row, { state: "finished", verdict: "pass" }),
  column: column(number - 4),
});

describe("events", () => {
  it("change the cells that they name and leave the rows beside them as they are", () => {
    const { cache, id } = loaded();
    const before = cache.getQueryData<CellWindow>(windowKey(id, 0));
    applyEvents(cache, id, new Patches(), [passed(0, 5), passed(2, 6)]);
    const after = cache.getQueryData<CellWindow>(windowKey(id, 0));
    expect(after?.map(([one]) => one?.verdict)).toEqual(["pass", null, "pass"]);
    expect(after?.[1]).toBe(before?.[1]);
  });

  it("carry the counters of the run", () => {
    const { cache, id } = loaded();
    applyEvents(cache, id, new Patches(), [passed(0, 5), passed(2, 6)]);
    const now = cache.getQueryData(runQuery(id).queryKey);
    expect(now?.event_number).toBe(6);
    expect(now?.counts).toMatchObject({ pass: 2, open: 98 });
  });

  it("leave rows alone that are not loaded", () => {
    const { cache, id } = loaded();
    applyEvents(cache, id, new Patches(), [passed(500, 5)]);
    expect(cache.getQueryData(windowKey(id, windowOf(500)))).toBeUndefined();
  });

  it("of a cancelled or resumed run make what is loaded be read again", () => {
    const { cache, id } = loaded();
    const cancelled = run({ state: "cancelled", event_number: 5 });
    applyEvents(cache, id, new Patches(), [{ name: "run_cancelled", number: 5, run: cancelled }]);
    expect(cache.getQueryState(windowKey(id, 0))?.isInvalidated).toBe(true);
    expect(cache.getQueryData(runQuery(id).queryKey)?.state).toBe("cancelled");
  });
});

describe("what a run waits for", () => {
  const wait: ProviderWait = {
    provider: "ollama",
    model_position: 0,
    since: "2026-11-23T08:00:00.000Z",
    by_hand: false,
    probe_at: null,
    until: "2026-11-23T08:15:00.000Z",
    reason: "Connection refused.",
  };

  it("is what was said last, and changes nothing else of the run", () => {
    const { cache, id } = loaded();
    const before = cache.getQueryData(runQuery(id).queryKey);
    applyEvents(cache, id, new Patches(), [
      { name: "provider_waits", waits: [wait, wait] },
      { name: "provider_waits", waits: [wait] },
    ]);
    expect(cache.getQueryData(waitsQuery(id).queryKey)).toEqual([wait]);
    expect(cache.getQueryData(runQuery(id).queryKey)).toEqual(before);
    expect(cache.getQueryState(windowKey(id, 0))?.isInvalidated).toBe(false);
  });

  it("is read again where the stream was opened anew: the end of a wait may have been missed", () => {
    const { cache, id } = loaded();
    cache.setQueryData(waitsQuery(id).queryKey, [wait]);
    applyEvents(cache, id, new Patches(), [{ name: "opened" }]);
    expect(cache.getQueryState(waitsQuery(id).queryKey)?.isInvalidated).toBe(true);
    expect(cache.getQueryState(runQuery(id).queryKey)?.isInvalidated).toBe(false);
  });

  it("does not go back to what was read while the stream said something newer", async () => {
    const { cache, id } = loaded();
    on("get", "/api/v1/workspaces/{ws}/runs/{run}/waits", () => {
      applyEvents(cache, id, new Patches(), [{ name: "provider_waits", waits: [] }]);
      return { body: { items: [wait] } };
    });
    expect(await cache.fetchQuery(waitsQuery(id))).toEqual([]);
  });
});

describe("a reading", () => {
  it("does not undo what finished while it was under way", async () => {
    const patches = new Patches();
    const done = cell(1, { state: "finished", verdict: "fail" });
    const read = await patches.over(async () => {
      patches.note(done);
      return [cell(0), cell(1)];
    });
    expect(read).toEqual([cell(0), done]);
  });

  it("knows nothing of what finished before it began", async () => {
    const patches = new Patches();
    patches.note(cell(1, { state: "finished", verdict: "fail" }));
    expect(await patches.over(async () => [cell(1)])).toEqual([cell(1)]);
  });
});
