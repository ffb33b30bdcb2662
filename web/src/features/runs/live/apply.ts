import type { QueryClient } from "@tanstack/react-query";
import type { CellSummary, Counts, Run } from "@/api/types";
import { runQuery } from "../queries";
import { type CellWindow, cellKey, cellsKey, windowKey, windowOf } from "../windows";
import { isNumbered, type RunEvent } from "./events";
import type { Patches } from "./patches";
import { waitsQuery } from "./waitsQuery";

/** Writes a frame's worth of events into what the page has loaded: one change of each thing, however many events. */
export function applyEvents(
  queryClient: QueryClient,
  runId: string,
  patches: Patches,
  events: readonly RunEvent[],
): void {
  const cells = new Map<number, CellSummary>();
  let reread = false;
  for (const event of events) {
    if (event.name === "cell_finished") {
      cells.set(event.cell.position, event.cell);
      patches.note(event.cell);
    }
    // These change cells without naming each: what waited is cancelled, what was an error waits again.
    if (event.name === "run_cancelled" || event.name === "run_resumed" || event.name === "resync")
      reread = true;
    if (event.name === "provider_waits") queryClient.setQueryData(waitsQuery(runId).queryKey, event.waits);
  }
  if (events.some(({ name }) => name === "opened")) {
    void queryClient.invalidateQueries({ queryKey: waitsQuery(runId).queryKey });
  }
  queryClient.setQueryData(runQuery(runId).queryKey, (run) => run && events.reduce(withEvent, run));
  patchWindows(queryClient, runId, [...cells.values()]);
  for (const position of cells.keys()) {
    const queryKey = cellKey(runId, position);
    if (queryClient.getQueryState(queryKey)) void queryClient.invalidateQueries({ queryKey });
  }
  if (reread) rereadRun(queryClient, runId);
}

/** Reads everything again that is shown of a run. */
export function rereadRun(queryClient: QueryClient, runId: string): void {
  void queryClient.invalidateQueries({ queryKey: runQuery(runId).queryKey });
  void queryClient.invalidateQueries({ queryKey: cellsKey(runId) });
}

function withEvent(run: Run, event: RunEvent): Run {
  if (!isNumbered(event) || event.name === "resync") return run;
  if (event.name !== "cell_finished") return event.run;
  const columns = run.columns.map((column) =>
    column.position === event.column.position ? event.column : column,
  );
  return { ...run, columns, counts: sum(columns.map((column) => column.counts)), event_number: event.number };
}

function sum(all: Counts[]): Counts {
  const total = { open: 0, cancelled: 0, pass: 0, fail: 0, error: 0, invalid: 0, unjudged: 0 };
  for (const counts of all) {
    for (const name of Object.keys(total) as (keyof Counts)[]) total[name] += counts[name];
  }
  return total;
}

function patchWindows(queryClient: QueryClient, runId: string, cells: readonly CellSummary[]): void {
  const byWindow = new Map<number, CellSummary[]>();
  for (const cell of cells) {
    const from = windowOf(cell.row);
    const own = byWindow.get(from);
    if (own) own.push(cell);
    else byWindow.set(from, [cell]);
  }
  for (const [from, own] of byWindow) {
    queryClient.setQueryData<CellWindow>(
      windowKey(runId, from),
      (window) => window && patched(window, from, own),
    );
  }
}

function patched(window: CellWindow, from: number, cells: readonly CellSummary[]): CellWindow {
  const rows = [...window];
  for (const cell of cells) {
    const row = [...(rows[cell.row - from] ?? [])];
    row[cell.column] = cell;
    rows[cell.row - from] = row;
  }
  return rows;
}
