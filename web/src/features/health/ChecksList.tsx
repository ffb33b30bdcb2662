import type { Health, HealthCheck } from "@/api/types";
import { Coded } from "@/components/Coded";
import { VerdictMark } from "@/components/Verdict";
import { checksOf } from "./queries";
import { stateOf } from "./states";

export function CheckMark({ check }: { check: HealthCheck }) {
  return <VerdictMark {...stateOf(check)} />;
}

/** What was found at the start, each with what to do about it. */
export function ChecksList({ health }: { health: Health }) {
  return (
    <ul className="checks">
      {checksOf(health).map((check) => (
        <li key={check.componentId}>
          <CheckMark check={check} />
          <div>
            <p>
              <span className="medium">{check.name}</span>{" "}
              <span className="dim">
                <Coded text={check.output} />
              </span>
            </p>
            {check.remedy && (
              <p className="hint wrap">
                <Coded text={check.remedy} />
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
