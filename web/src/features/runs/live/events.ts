import type { CellSummary, Column, ProviderWait, Run } from "@/api/types";

/** What the stream of a run says. */
export type RunEvent = NumberedEvent | PassingEvent;

/** Something that happened; numbers only grow. */
export type NumberedEvent =
  | { name: "cell_finished"; number: number; cell: CellSummary; column: Column }
  | { name: RunChange; number: number; run: Run }
  | { name: "resync"; number: number };

/** How it is now. It is never sent again, and has no place among what happened. */
export type PassingEvent =
  | { name: "provider_waits"; waits: ProviderWait[] }
  /** The stream begins, maybe not for the first time: what has no number may have been missed. */
  | { name: "opened" };

export type RunChange = (typeof RUN_CHANGES)[number];

const RUN_CHANGES = [
  "run_queued",
  "run_started",
  "run_paused",
  "run_resumed",
  "run_cancelled",
  "run_finished",
] as const;

/** The events that the server sends. */
export const EVENT_NAMES = ["cell_finished", ...RUN_CHANGES, "resync", "provider_waits"] as const;

/** An event as it crosses from tab to tab: its name and its data as the server wrote it. */
export interface RawEvent {
  name: RunEvent["name"];
  data: string;
}

export function isNumbered(event: RunEvent): event is NumberedEvent {
  return event.name !== "provider_waits" && event.name !== "opened";
}

export function parseEvent({ name, data }: RawEvent): RunEvent {
  if (name === "opened") return { name };
  const body: unknown = JSON.parse(data);
  if (name === "resync") return { name, number: (body as { after: number }).after };
  return { name, ...(body as object) } as RunEvent;
}
