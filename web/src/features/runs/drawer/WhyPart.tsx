import type { CellView, Outcome, Run } from "@/api/types";
import { Coded } from "@/components/Coded";
import { VerdictMark } from "@/components/Verdict";
import { count, plural } from "@/lib/format";

/** Why the verdict is what it is: each assertion with its reason and its weight. */
export function WhyPart({ cell, run }: { cell: CellView; run: Run }) {
  const { summary, outcomes } = cell;
  return (
    <section className="part">
      <div className="part__head">
        <h3>{heading(cell)}</h3>
        {summary.score !== null && (
          <span className="hint push num">
            score {summary.score.toFixed(2)}, {count(passed(outcomes))} of{" "}
            {plural(outcomes.length, "assertion")}
          </span>
        )}
      </div>
      <Sentence cell={cell} run={run} />
      {outcomes.map((outcome, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: assertions have no name but their place
        <Assertion key={index} outcome={outcome} />
      ))}
    </section>
  );
}

function passed(outcomes: Outcome[]): number {
  return outcomes.filter((outcome) => outcome.verdict === "pass").length;
}

function heading({ summary }: CellView): string {
  if (summary.state === "pending") return "Waiting";
  if (summary.state === "leased") return "In progress";
  if (summary.state === "cancelled") return "Cancelled";
  switch (summary.verdict) {
    case "pass":
      return "Why it passed";
    case "fail":
      return "Why it failed";
    case "error":
      return "Why there is no verdict";
    case "invalid":
      return "Why it cannot be judged";
    default:
      return "No assertion";
  }
}

/** Says what the assertions below do not: why nothing could be judged, or which threshold decided. */
function Sentence({ cell: { summary, outcomes }, run }: { cell: CellView; run: Run }) {
  const text = sentence(summary.state, summary.verdict, summary.reason, run.state);
  if (text === "" || outcomes.some((outcome) => outcome.reason === text)) return null;
  return (
    <p className="why__sentence">
      <Coded text={text} />
    </p>
  );
}

function sentence(
  state: CellView["summary"]["state"],
  verdict: CellView["summary"]["verdict"],
  reason: string,
  runState: Run["state"],
): string {
  if (state === "pending") {
    return runState === "paused"
      ? "The run is paused. This cell is asked after it is resumed."
      : "This cell is asked when a place at the model server is free.";
  }
  if (state === "leased")
    return "The model is being asked, or will be as soon as a call is free. The answer appears here when it is there.";
  if (state === "cancelled") return "The run was cancelled before this cell was answered.";
  if (verdict === null)
    return "The case asks nothing of the answer, so there is no verdict, and it counts in no rate.";
  return reason;
}

function Assertion({ outcome }: { outcome: Outcome }) {
  return (
    <div className="why">
      <VerdictMark mark={outcome.verdict} />
      <span className="why__what">
        <span className="mono">{outcome.type}</span>
        {outcome.expected !== undefined && <span className="mono why__value">{outcome.expected}</span>}
        {outcome.metric && <span className="chip">{outcome.metric}</span>}
      </span>
      <span className="hint num">weight {outcome.weight}</span>
      <span className="why__said">
        <Coded text={outcome.reason} />
        {outcome.outcomes?.map((inner, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: assertions have no name but their place
          <Assertion key={index} outcome={inner} />
        ))}
      </span>
    </div>
  );
}
