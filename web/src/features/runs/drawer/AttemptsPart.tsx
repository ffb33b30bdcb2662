import type { CellView } from "@/api/types";
import { VerdictMark } from "@/components/Verdict";
import { duration, plural } from "@/lib/format";
import { exact } from "@/lib/time";

/** Every call that was made for the cell, with how it ended. */
export function AttemptsPart({ attempts }: { attempts: CellView["attempts"] }) {
  return (
    <section className="part">
      <div className="part__head">
        <h3>Calls</h3>
        <span className="hint push num">{plural(attempts.length, "call")}</span>
      </div>
      {attempts.map((attempt) => (
        <div className="why" key={attempt.number}>
          {attempt.error === null ? (
            <VerdictMark mark="pass" word="Answered" />
          ) : (
            <VerdictMark mark="error" word="Failed" />
          )}
          <span>
            Call {attempt.number} <span className="dim">{exact(attempt.started_at)}</span>
          </span>
          <span className="hint num">{duration(attempt.latency_ms)}</span>
          {attempt.error !== null && (
            <span className="why__said">
              {attempt.error}
              {attempt.error_kind && <span className="chip why__kind">{attempt.error_kind}</span>}
            </span>
          )}
        </div>
      ))}
    </section>
  );
}
