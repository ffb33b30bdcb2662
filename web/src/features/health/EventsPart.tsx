import { useState } from "react";
import type { HealthCheck, HealthEvent } from "@/api/types";
import { Button } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { type Mark, VerdictMark } from "@/components/Verdict";
import { count } from "@/lib/format";
import { clock } from "./clock";

const SHOWN = 8;
const MARKS: Record<HealthEvent["status"], [Mark, string]> = {
  pass: ["pass", "Well again"],
  warn: ["error", "Not well"],
  fail: ["fail", "Does not work"],
};

/** What happened in the last day, the newest first. */
export function EventsPart({
  events,
  checks,
  now,
}: {
  events: HealthEvent[];
  checks: HealthCheck[];
  now: Date;
}) {
  const [all, setAll] = useState(false);
  const nameOf = (id: string) => checks.find(({ componentId }) => componentId === id)?.name ?? id;
  const shown = all ? events : events.slice(0, SHOWN);
  return (
    <section className="section" aria-labelledby="health-events">
      <div className="section__head">
        <h2 id="health-events">Events</h2>
        {events.length > SHOWN && (
          <Button kind="quiet" className="push" onClick={() => setAll(!all)}>
            {all ? `The latest ${SHOWN}` : `All ${count(events.length)}`}
          </Button>
        )}
      </div>
      {events.length === 0 ? (
        <p className="hint before">Nothing has changed in the last 24 hours, as far as the server noticed.</p>
      ) : (
        <ol className="events">
          {shown.map((event, index) => {
            const [mark, word] = MARKS[event.status];
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: two events may be alike in all they say
              <li key={`${event.at} ${event.dependency} ${index}`}>
                <time className="num dim" dateTime={event.at}>
                  {clock(event.at, now)}
                </time>
                <VerdictMark mark={mark} word={word} />
                <span className="wrap">
                  <span className="medium">{nameOf(event.dependency)}:</span> <Coded text={event.detail} />
                </span>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
