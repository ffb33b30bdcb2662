import { count, percent } from "@/lib/format";
import type { Interval } from "@/lib/wilson";

/** A share of passes, never without its interval: `34.7% 32.2–37.3`. */
export function Rate({
  passed,
  judged,
  interval,
}: {
  passed: number;
  judged: number;
  interval: Interval | null;
}) {
  if (judged === 0 || interval === null) return <span className="hint">no data</span>;
  return (
    <span title={`${count(passed)} of ${count(judged)} pass. 95% interval by Wilson.`}>
      <span className="num medium">{percent(passed / judged)}%</span>{" "}
      <span className="hint num">
        {percent(interval.low)}–{percent(interval.high)}
      </span>
    </span>
  );
}

/** The interval drawn on the line from 0 to 100 %. The figures stand beside it. */
export function IntervalLine({ share, interval }: { share: number; interval: Interval }) {
  const at = (value: number) => `${(value * 100).toFixed(2)}%`;
  return (
    <svg className="ci" aria-hidden="true">
      <line className="ci__axis" x1="0" x2="100%" y1="6" y2="6" />
      <line className="ci__range" x1={at(interval.low)} x2={at(interval.high)} y1="6" y2="6" />
      <line className="ci__cap" x1={at(interval.low)} x2={at(interval.low)} y1="3" y2="9" />
      <line className="ci__cap" x1={at(interval.high)} x2={at(interval.high)} y1="3" y2="9" />
      <circle className="ci__dot" cx={at(share)} cy="6" r="3.5" />
    </svg>
  );
}

export interface Share {
  kind: "pass" | "fail" | "error" | "invalid" | "live" | "same";
  value: number;
}

/** A bar of shares, in the order given. Decoration of figures that stand beside it. */
export function Meter({ shares, total }: { shares: Share[]; total: number }) {
  let start = 0;
  return (
    <svg className="meter" aria-hidden="true">
      {total > 0 &&
        shares.map(({ kind, value }) => {
          const x = start;
          start += (value / total) * 100;
          return (
            <rect
              key={kind}
              className={`f-${kind}`}
              x={`${x.toFixed(2)}%`}
              width={`${(start - x).toFixed(2)}%`}
              height="100%"
            />
          );
        })}
    </svg>
  );
}
