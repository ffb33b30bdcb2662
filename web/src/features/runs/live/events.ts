import type { CellSummary, Column, Run } from "@/api/types";

/** What the stream of a run says. Every event has a number; numbers only grow. */
export type RunEvent =
  | { name: "cell_finished"; number: number; cell: CellSummary; column: Column }
  | { name: RunChange; number: number; run: Run }
  | { name: "resync"; number: number };

export type RunChange = (typeof RUN_CHANGES)[number];

const RUN_CHANGES = [
  "run_queued",
  "run_started",
  "run_paused",
  "run_resumed",
  "run_cancelled",
  "run_finished",
] as const;

export const EVENT_NAMES = ["cell_finished", ...RUN_CHANGES, "resync"] as const;

/** An event as it crosses from tab to tab: its name and its data as the server wrote it. */
export interface RawEvent {
  name: (typeof EVENT_NAMES)[number];
  data: string;
}

export function parseEvent({ name, data }: RawEvent): RunEvent {
  const body: unknown = JSON.parse(data);
  if (name === "resync") return { name, number: (body as { after: number }).after };
  return { name, ...(body as object) } as RunEvent;
}
