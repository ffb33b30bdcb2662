import type { Health, HealthCheck } from "@/api/types";
import { plural } from "@/lib/format";
import { ago } from "@/lib/time";
import { waiting } from "@/lib/waiting";
import { clock } from "./clock";

const DAY_MS = 24 * 60 * 60 * 1000;
/** A gap of a second in a day would not be seen. */
const LEAST_SHARE = 0.004;

interface Bar {
  /** Where it begins and how long it is, of all that is shown. */
  at: number;
  share: number;
}

/** The gaps between two moments, as shares of the time between them, and how long they took in ms. */
export function barsOf(gaps: HealthCheck["gaps"], from: number, to: number): { bars: Bar[]; ms: number } {
  const whole = Math.max(to - from, 1);
  let ms = 0;
  const bars = gaps.flatMap((gap) => {
    const begin = Math.max(Date.parse(gap.from), from);
    const end = gap.to === null ? to : Math.min(Date.parse(gap.to), to);
    if (end < begin) return [];
    ms += end - begin;
    const share = Math.max((end - begin) / whole, LEAST_SHARE);
    return [{ at: Math.min((begin - from) / whole, 1 - share), share }];
  });
  return { bars, ms };
}

const percent = (share: number) => `${(share * 100).toFixed(2)}%`;

/** When each dependency was not well, in the last day or since the server was started. */
export function LastDayPart({ health, checks, now }: { health: Health; checks: HealthCheck[]; now: Date }) {
  const to = now.getTime();
  const started = Date.parse(health.started_at);
  const young = started > to - DAY_MS;
  const from = young ? started : to - DAY_MS;
  return (
    <section className="section" aria-labelledby="health-day">
      <div className="section__head">
        <h2 id="health-day">Last 24 hours</h2>
        <span className="push hint">
          {young && `The server was started ${ago(health.started_at, now)}; nothing is known of before. `}
          Each gap is a time in which it was not well, as far as the server noticed.
        </span>
      </div>
      <ul className="strips before">
        {checks.map(({ componentId, name, gaps }) => {
          const { bars, ms } = barsOf(gaps, from, to);
          return (
            <li key={componentId}>
              <span className="cut" title={name}>
                {name}
              </span>
              <svg className="strip" aria-hidden="true">
                <rect className="f-same" width="100%" height="20" />
                {bars.map(({ at, share }) => (
                  <rect className="f-error" key={at} x={percent(at)} width={percent(share)} height="20" />
                ))}
              </svg>
              <span className="num dim">
                {bars.length === 0
                  ? "no gap"
                  : `${plural(bars.length, "gap")}, ${waiting(Math.ceil(ms / 1_000))}`}
              </span>
            </li>
          );
        })}
        <li className="strips__axis" aria-hidden="true">
          <span className="line hint">
            <span className="num">{clock(new Date(from).toISOString(), now)}</span>
            <span className="push num">now</span>
          </span>
        </li>
      </ul>
    </section>
  );
}
