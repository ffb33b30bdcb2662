import type { Health, HealthCheck } from "@/api/types";
import { Coded } from "@/components/Coded";
import { VerdictMark } from "@/components/Verdict";

const MARKS = { pass: "pass", warn: "error", fail: "fail" } as const;
const WORDS = { pass: "Works", warn: "Needs a look", fail: "Does not work" } as const;

export function CheckMark({ status }: { status: HealthCheck["status"] }) {
  return <VerdictMark mark={MARKS[status]} word={WORDS[status]} />;
}

/** What was found at the start, each with what to do about it. */
export function ChecksList({ health }: { health: Health }) {
  return (
    <ul className="checks">
      {health.checks.map((check) => (
        <li key={`${check.component} ${check.name}`}>
          <CheckMark status={check.status} />
          <div>
            <p>
              <span className="medium">{check.name}</span>{" "}
              <span className="dim">
                <Coded text={check.detail} />
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
