import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import type { HealthCheck } from "@/api/types";
import { Button } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { Icon, type IconName } from "@/components/Icon";
import { SkeletonRows } from "@/components/States";
import { VerdictMark } from "@/components/Verdict";
import { duration } from "@/lib/format";
import { BreakerCell } from "./BreakerCell";
import { clock } from "./clock";
import { sinceOf, stateOf } from "./states";
import { useBreaker } from "./useBreaker";

const ICONS: Record<HealthCheck["kind"], IconName> = {
  database: "database",
  disk: "disk",
  provider: "model",
  redis: "database",
  backups: "copy",
};

/** Every dependency: how it is, what that costs, what to do. */
export function DependencyTable({ checks, now }: { checks: HealthCheck[] | undefined; now: Date }) {
  const rows = useKeptOrder(checks ?? []);
  return (
    <div className="scroll-x">
      <table className="table health-table" aria-label="Dependencies" aria-busy={checks === undefined}>
        <thead>
          <tr>
            <th scope="col">Dependency</th>
            <th scope="col">State</th>
            <th scope="col">Breaker</th>
            <th scope="col" className="r opt">
              Took
            </th>
            <th scope="col">What it costs the users</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          {checks ? (
            rows.map((check) => <Row key={check.componentId} check={check} now={now} />)
          ) : (
            <SkeletonRows rows={4} columns={6} />
          )}
        </tbody>
      </table>
    </div>
  );
}

function Row({ check, now }: { check: HealthCheck; now: Date }) {
  const hand = useBreaker(check);
  const { mark, word } = stateOf(check);
  const { breaker, name, cost } = check;
  const since = sinceOf(check);
  const isWell = check.status === "pass";
  return (
    <tr className={isWell ? "is-ok" : undefined}>
      <td>
        <span className="line line--tight">
          <Icon name={ICONS[check.kind]} />
          <span className="name wrap">{name}</span>
        </span>
      </td>
      <td className="wrap c-state">
        <span className="line line--tight">
          <VerdictMark mark={mark} word={word} />
          <span aria-hidden="true" className={`v v--${mark}`}>
            {word}
          </span>
          {since && !isWell && <span className="hint num">since {clock(since, now)}</span>}
        </span>
        <p className="hint">
          <Coded text={check.output} />
        </p>
      </td>
      <td className="c-breaker">
        <BreakerCell check={check} hand={hand} />
      </td>
      <td className="num r opt">
        {breaker && breaker.state !== "closed" ? (
          <span className="hint">not asked</span>
        ) : check.observedValue < 1 ? (
          "< 1 ms"
        ) : (
          duration(check.observedValue)
        )}
      </td>
      <td className="wrap c-cost">{cost ?? <span className="hint">Nothing</span>}</td>
      <td className="wrap c-do">
        {check.remedy ? <Coded text={check.remedy} /> : <span className="hint">Nothing to do</span>}
        {!isWell && breaker && <Acts check={check} hand={hand} />}
      </td>
    </tr>
  );
}

function Acts({
  check: { name, kind, breaker },
  hand,
}: {
  check: HealthCheck;
  hand: ReturnType<typeof useBreaker>;
}) {
  const busy = hand.close.isPending;
  return (
    <span className="line line--wrap c-do__acts">
      {breaker?.state === "open" && (
        <Button
          icon={breaker.by_hand ? "run" : "retry"}
          busy={busy}
          onClick={() => hand.close.mutate(breaker.by_hand ? "" : "An admin tried it at once.")}
        >
          {breaker.by_hand ? "Let calls pass" : "Try now"}
        </Button>
      )}
      {kind === "provider" && !breaker?.by_hand && (
        <Link className="btn" to="/models" search={{ diagnose: name }}>
          <Icon name="health" />
          Diagnose
        </Link>
      )}
    </span>
  );
}

const KINDS: HealthCheck["kind"][] = ["provider", "database", "disk", "redis", "backups"];

/** What is not well first; then each row keeps its place, whatever happens while somebody looks. */
function useKeptOrder(checks: readonly HealthCheck[]): HealthCheck[] {
  const places = useRef<string[]>([]);
  const isNew = ({ componentId }: HealthCheck) => !places.current.includes(componentId);
  const rank = ({ status, kind }: HealthCheck) =>
    (status === "pass" ? KINDS.length : 0) + KINDS.indexOf(kind);
  const fresh = checks.filter(isNew).sort((one, other) => rank(one) - rank(other));
  places.current.push(...fresh.map(({ componentId }) => componentId));
  return places.current.flatMap((id) => checks.find(({ componentId }) => componentId === id) ?? []);
}
