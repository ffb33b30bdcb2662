import { Link } from "@tanstack/react-router";
import type { ProviderWait, Run } from "@/api/types";
import { type Mark, Simulated, VerdictChip, VerdictMark } from "@/components/Verdict";
import { When } from "@/components/When";
import { count, plural } from "@/lib/format";
import { Lanes } from "./Lanes";
import { Metrics } from "./Metrics";
import { RunActions } from "./RunActions";
import { standsStill } from "./waits";

const STATES: Record<Run["state"], [Mark, string]> = {
  preparing: ["wait", "Preparing"],
  queued: ["wait", "Queued"],
  running: ["live", "Running"],
  paused: ["wait", "Paused"],
  cancelled: ["none", "Cancelled"],
  finished: ["none", "Finished"],
  removing: ["none", "Deleted"],
};

const WAITING: [Mark, string] = ["wait", "Waiting"];

/** What the run is, how far it is, and what may be done to it. */
export function RunHead({ run, waits }: { run: Run; waits: readonly ProviderWait[] }) {
  return (
    <div className="run__head">
      <div className="run__title">
        <h1>Run {run.number}</h1>
        <StateChip run={run} stands={standsStill(run, waits)} />
        {run.simulated && <Simulated />}
        <RunActions run={run} />
      </div>
      <div className="run__facts">
        {run.cards.map((card) => (
          <Link
            key={`${card.slug} ${card.version}`}
            className="run__card"
            to="/cards/$slug/versions"
            params={{ slug: card.slug }}
            search={{ version: card.version }}
          >
            {card.slug} v{card.version}
          </Link>
        ))}
        <span className="num">
          {plural(run.models.length, "model")} × {plural(run.case_count, "case")}
          {run.repeats > 1 && ` × ${count(run.repeats)} repeats`}
        </span>
        <span>
          <When at={run.created_at} />
        </span>
        {run.state === "paused" && run.pause_reason && (
          <span>
            {run.pause_reason} <Link to="/budget">Budget of the workspace</Link>
          </span>
        )}
        {run.note && <span className="cut run__note">{run.note}</span>}
        <Counts run={run} />
      </div>
      <Lanes run={run} waits={waits} />
      <Metrics run={run} />
    </div>
  );
}

/** `stands`: it is at work, but all that is left of it waits for model servers. */
export function StateChip({ run, stands = false }: { run: Run; stands?: boolean }) {
  const [mark, word] = stands ? WAITING : STATES[run.state];
  if (run.state === "finished") return <span className="chip">{word}</span>;
  return <VerdictChip mark={mark} word={word} />;
}

export function Counts({ run }: { run: Run }) {
  const { counts } = run;
  const marks: Mark[] = ["pass", "fail", "error", "invalid"];
  return (
    <ul
      className="run__counts num"
      aria-label={run.simulated ? "Verdicts so far, simulated" : "Verdicts so far"}
    >
      {marks.map((mark) => (
        <Figure key={mark} mark={mark} value={counts[mark as keyof typeof counts]} />
      ))}
      {counts.unjudged > 0 && <Figure mark="none" value={counts.unjudged} />}
    </ul>
  );
}

function Figure({ mark, value }: { mark: Mark; value: number }) {
  return (
    <li className={`v v--${mark}`}>
      <VerdictMark mark={mark} />
      <span>{count(value)}</span>
    </li>
  );
}
