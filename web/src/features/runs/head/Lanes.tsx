import { useState } from "react";
import type { Run } from "@/api/types";
import { Meter } from "@/components/Rate";
import { Simulated } from "@/components/Verdict";
import { count, dollars, duration } from "@/lib/format";
import { useNow } from "@/lib/time";
import { sharesOf } from "../shares";
import {
  costOf,
  finishedOf,
  type Lane,
  lanesOf,
  remainingMs,
  roughly,
  type Sample,
  withSample,
} from "./progress";

/** How far the run is: all cells, and those of each model. */
export function Lanes({ run }: { run: Run }) {
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
          <Remaining run={run} />
          {cost !== null && `, ${dollars(cost)}`}
        </span>
      </div>
      {lanes.map((lane) => (
        <div key={lane.name}>
          <span className="line line--tight">
            <span className="mono cut">{lane.name}</span>
            {mixed && lane.simulated && <Simulated />}
          </span>
          <Meter shares={sharesOf(lane.counts)} total={lane.total} />
          <Done finished={finishedOf(lane.counts)} total={lane.total} />
          <span className="dim num">
            {speed(lane)}
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

function speed({ counts, tokensPerSecond, latencyMs }: Lane): string {
  if (latencyMs === null) {
    if (finishedOf(counts) > counts.error) return "Answers of earlier runs";
    return counts.error > 0 ? "No answer" : "No answer yet";
  }
  const each = `${duration(latencyMs)} each`;
  return tokensPerSecond === null ? each : `${each}, ${count(Math.round(tokensPerSecond))} tokens/s`;
}

function Remaining({ run }: { run: Run }) {
  const now = useNow(1_000).getTime();
  const [samples, setSamples] = useState<Sample[]>([]);
  const last = samples.at(-1);
  const finished = finishedOf(run.counts);
  if (run.state === "running" && (!last || now - last.at >= 1_000)) {
    setSamples(withSample(samples, { at: now, finished }));
  }
  return sentence(run, remainingMs(run, samples, now));
}

function sentence(run: Run, remaining: number | null): string {
  switch (run.state) {
    case "running":
      if (run.counts.open === 0) return "Almost done";
      return remaining === null ? "Estimate after 50 cells" : `About ${roughly(remaining)} left`;
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
