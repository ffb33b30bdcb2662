import { useState } from "react";
import type { HealthCheck } from "@/api/types";
import { Button } from "@/components/Button";
import { useSecondsUntil, waiting } from "@/lib/waiting";
import { StopDialog } from "./StopDialog";
import type { useBreaker } from "./useBreaker";

const STATES = { closed: "Closed", open: "Open", half_open: "Half-open" } as const;

/** The three states of a breaker, the present one marked, and the button that stops all calls. */
export function BreakerCell({
  check: { breaker, kind, name },
  hand,
}: {
  check: HealthCheck;
  hand: ReturnType<typeof useBreaker>;
}) {
  const [asking, setAsking] = useState(false);
  const seconds = useSecondsUntil(breaker?.probe_at ? Date.parse(breaker.probe_at) : null);
  if (!breaker) return <span className="hint">none</span>;
  return (
    <>
      <div className="line">
        <span className="only-narrow hint">Breaker</span>
        <span className="breaker">
          {Object.entries(STATES).map(([state, word]) =>
            state === breaker.state ? (
              <span key={state} aria-current="true" className={state === "closed" ? undefined : "is-open"}>
                {word}
                {state === "open" && seconds > 0 && <span className="num">{waiting(seconds)}</span>}
              </span>
            ) : (
              <span key={state}>{word}</span>
            ),
          )}
        </span>
        {!breaker.by_hand && (
          <Button
            kind="quiet"
            icon="pause"
            aria-label={`Stop calls to ${name}`}
            onClick={() => setAsking(true)}
          >
            Stop calls
          </Button>
        )}
      </div>
      {breaker.by_hand && <p className="hint">stopped by an admin</p>}
      {asking && <StopDialog name={name} kind={kind} stop={hand.open} onClose={() => setAsking(false)} />}
    </>
  );
}
