import type { Column, Counts, Run } from "@/api/types";

/** Fewer finished cells say too little about how long the rest takes. */
export const ESTIMATE_FROM = 50;
/** Only what was finished lately tells how fast it goes now: another model may be at work since. */
const WATCHED_MS = 60_000;
const WATCHED_AT_LEAST_MS = 10_000;

export function finishedOf(counts: Counts): number {
  return counts.pass + counts.fail + counts.error + counts.invalid + counts.unjudged;
}

/** How many cells were finished at a moment, in milliseconds. */
export interface Sample {
  at: number;
  finished: number;
}

/** The samples of the last minute, with one more. */
export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const recent = samples.filter((old) => old.at > sample.at - WATCHED_MS && old.finished <= sample.finished);
  return [...recent, sample];
}

/**
 * How long the open cells take at the speed of the last minute, in milliseconds; at the speed of the whole run while
 * it is not watched that long, unless it has waited for a model server meanwhile. Null: too early to say.
 */
export function remainingMs(
  run: Run,
  samples: readonly Sample[],
  now: number,
  waited = false,
): number | null {
  const finished = finishedOf(run.counts);
  if (finished < ESTIMATE_FROM || run.started_at === null) return null;
  const first = samples[0];
  const watched = first && now - first.at >= WATCHED_AT_LEAST_MS && finished > first.finished;
  if (waited && !watched) return null;
  const [since, done] = watched
    ? [first.at, finished - first.finished]
    : [Date.parse(run.started_at), finished];
  return (run.counts.open / done) * Math.max(now - since, 0);
}

/** A time that nobody knows to the second: `8 s`, `22 min`, `2 h 5 min`. */
export function roughly(ms: number): string {
  const seconds = Math.max(Math.ceil(ms / 1000), 1);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export interface Lane {
  name: string;
  simulated: boolean;
  counts: Counts;
  total: number;
  /** Tokens a second while generating. Null: no model server said so yet. */
  tokensPerSecond: number | null;
  /** Mean time of an answer, in milliseconds. Null: no answer yet. */
  latencyMs: number | null;
  /** What its answers cost, in US dollars. Null: no cost is known. */
  cost: number | null;
}

/** What the answers of these columns cost, in US dollars, as far as that is known. Null: no cost is known. */
export function costOf(columns: readonly Column[]): number | null {
  const known = columns.flatMap(({ cost_usd }) => (cost_usd === null ? [] : [Number(cost_usd)]));
  return known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0);
}

/** The run's columns by model: one model may run several versions. */
export function lanesOf(run: Run): Lane[] {
  return run.models.map((model, position) => {
    const columns = run.columns.filter((column) => column.model_position === position);
    const counts = { open: 0, cancelled: 0, pass: 0, fail: 0, error: 0, invalid: 0, unjudged: 0 };
    let tokens = 0;
    let seconds = 0;
    let latency = 0;
    let answered = 0;
    for (const column of columns) {
      for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += column.counts[name];
      const finished = finishedOf(column.counts);
      latency += (column.latency_ms_mean ?? 0) * finished;
      answered += column.latency_ms_mean === null ? 0 : finished;
      if (column.tokens_per_second === null) continue;
      tokens += column.completion_tokens;
      seconds += column.completion_tokens / column.tokens_per_second;
    }
    return {
      name: model.model,
      simulated: model.simulated,
      counts,
      total: columns.length * run.case_count * run.repeats,
      tokensPerSecond: seconds > 0 ? tokens / seconds : null,
      latencyMs: answered > 0 ? latency / answered : null,
      cost: costOf(columns),
    };
  });
}
