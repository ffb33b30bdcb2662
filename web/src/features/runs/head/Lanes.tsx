import { useState } from "react";
import type { ProviderWait, Run } from "@/api/types";
import { Meter } from "@/components/Rate";
import { Simulated } from "@/components/Verdict";
import { count, dollars, duration } from "@/lib/format";
import { useNow } from "@/lib/time";
import { sharesOf } from "../shares";
import {
  costOf,
  ESTIMATE_FROM,
  finishedOf,
  type Lane,
  lanesOf,
  remainingMs,
  roughly,
  type Sample,
  withSample,
} from "./progress";
import { serversOf, standsStill, waitOf } from "./waits";

const NOTHING: ProviderWait[] = [];

/** How far the run is: all cells, and those of each model. */
export function Lanes({ run, waits = NOTHING }: { run: Run; waits?: readonly ProviderWait[] }) {
  const lanes = lanesOf(run);
  const cost = costOf(run.columns);
  const mixed = !run.simulated && lanes.some((lane) => lane.simulated);
  return (
    <div className="lanes">
      <div className="total">
        <span>All</span>
        <Meter shares={sharesOf(run.counts)} total={run.cell_count} />
        <Done finished={finishedOf(run.counts)} total={run.cell_count} />
        <span className="num">
          <Remaining run={run} waits={waits} />
          {cost !== null && `, ${dollars(cost)}`}
        </span>
      </div>
      {lanes.map((lane, position) => (
        <div key={lane.name}>
          <span className="line line--tight">
            <span className="mono cut">{lane.name}</span>
            {mixed && lane.simulated && <Simulated />}
          </span>
          <Meter shares={sharesOf(lane.counts)} total={lane.total} />
          <Done finished={finishedOf(lane.counts)} total={lane.total} />
          <span className="dim num">
            {speed(lane, waitOf(run, waits, position))}
            {lane.cost !== null && `, ${dollars(lane.cost)}`}
          </span>
        </div>
      ))}
    </div>
  );
}

function Done({ finished, total }: { finished: number; total: number }) {
  return (
    <span className="num r">
      {count(finished)} of {count(total)}
    </span>
  );
}

function speed({ counts, tokensPerSecond, latencyMs }: Lane, wait: ProviderWait | undefined): string {
  if (wait) return `Waits for ${wait.provider}`;
  if (latencyMs === null) {
    if (finishedOf(counts) > counts.error) return "Answers of earlier runs";
    return counts.error > 0 ? "No answer" : "No answer yet";
  }
  const each = `${duration(latencyMs)} each`;
  return tokensPerSecond === null ? each : `${each}, ${count(Math.round(tokensPerSecond))} tokens/s`;
}

function Remaining({ run, waits }: { run: Run; waits: readonly ProviderWait[] }) {
  const now = useNow(1_000).getTime();
  const [samples, setSamples] = useState<Sample[]>([]);
  const [waited, setWaited] = useState(false);
  const last = samples.at(-1);
  const finished = finishedOf(run.counts);
  const waiting = waits.length > 0;
  // The time in which it waited says nothing of how fast it is.
  if (waiting && (samples.length > 0 || !waited)) {
    setSamples([]);
    setWaited(true);
  } else if (!waiting && run.state === "running" && (!last || now - last.at >= 1_000)) {
    setSamples(withSample(samples, { at: now, finished }));
  }
  if (waiting && run.state === "running" && run.counts.open > 0) {
    return standsStill(run, waits) ? `Waits for ${serversOf(waits)}` : "No estimate while cells wait";
  }
  return sentence(run, remainingMs(run, samples, now, waited));
}

function sentence(run: Run, remaining: number | null): string {
  switch (run.state) {
    case "running":
      if (run.counts.open === 0) return "Almost done";
      if (remaining !== null) return `About ${roughly(remaining)} left`;
      return finishedOf(run.counts) < ESTIMATE_FROM
        ? `Estimate after ${ESTIMATE_FROM} cells`
        : "Estimate in a moment";
    case "paused":
      return "Waits until it is resumed";
    case "finished":
    case "cancelled":
      return took(run);
    default:
      return "Waits for its first cell";
  }
}

function took({ state, started_at, finished_at }: Run): string {
  const word = state === "finished" ? "Done" : "Stopped";
  if (started_at === null || finished_at === null) return word;
  const ms = Date.parse(finished_at) - Date.parse(started_at);
  return `${word} ${state === "finished" ? "in" : "after"} ${duration(ms)}`;
}
