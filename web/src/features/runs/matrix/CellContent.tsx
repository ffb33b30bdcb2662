import type { CellSummary, RunState } from "@/api/types";
import { Coded } from "@/components/Coded";
import { type Mark, VerdictMark } from "@/components/Verdict";
import { duration, plural } from "@/lib/format";

/** The mark that stands for a cell. */
export function markOf(cell: CellSummary): Mark {
  if (cell.state === "leased") return "live";
  if (cell.state === "pending") return "wait";
  if (cell.state === "cancelled") return "none";
  return cell.verdict ?? "none";
}

/** What a screen reader hears for the mark, and what the chip of the drawer says. */
export function wordOf(cell: CellSummary): string | undefined {
  return cell.state === "cancelled" ? "Cancelled" : undefined;
}

/** A cell's two lines: why, and what the model said. */
export function CellContent({ cell, runState }: { cell: CellSummary; runState: RunState }) {
  const word = wordOf(cell);
  return (
    <>
      <VerdictMark mark={markOf(cell)} {...(word ? { word } : {})} />
      {cell.state === "finished" ? (
        <Finished cell={cell} />
      ) : (
        <span className={`cell__why${cell.state === "leased" ? " t-live" : ""}`}>
          {waiting(cell, runState)}
        </span>
      )}
    </>
  );
}

function waiting(cell: CellSummary, runState: RunState): string {
  if (cell.state === "leased") return "In progress";
  if (cell.state === "cancelled") return "Cancelled";
  return runState === "paused" ? "Paused" : "Queued";
}

function Finished({ cell }: { cell: CellSummary }) {
  return (
    <>
      <Why cell={cell} />
      <span className="cell__fig">{figure(cell)}</span>
      <span className="cell__out">{cell.verdict === "error" ? cell.reason : cell.preview}</span>
    </>
  );
}

function figure({ verdict, attempts, latency_ms, cached }: CellSummary): string {
  if (verdict === "error") return attempts > 0 ? plural(attempts, "try", "tries") : "";
  if (cached) return "cached";
  return latency_ms === null ? "" : duration(latency_ms);
}

const EXPECTED = " expected ";

/** `250 expected 3`: the answer may be clipped, what was expected never. */
function Why({ cell }: { cell: CellSummary }) {
  const { headline, verdict } = cell;
  if (verdict === null) return <span className="cell__why dim">No assertion</span>;
  if (verdict === "error" || verdict === "invalid") {
    return (
      <span className="cell__why">
        <Coded text={headline} />
      </span>
    );
  }
  const at = verdict === "fail" ? headline.lastIndexOf(EXPECTED) : -1;
  if (at < 0) {
    // What the assertion found, or the sentence that says why.
    const found = verdict === "pass" && !headline.endsWith(".");
    return <span className="cell__why">{found ? <b>{headline}</b> : <Coded text={headline} />}</span>;
  }
  return (
    <span className="cell__why cell__why--pair">
      <b>{headline.slice(0, at)}</b>{" "}
      <span className="dim cut">
        <span className="cell__word">expected </span>
        <span className="cell__ne" aria-hidden="true">
          ≠{" "}
        </span>
        {headline.slice(at + EXPECTED.length)}
      </span>
    </span>
  );
}
