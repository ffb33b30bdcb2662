import type { CellView } from "@/api/types";
import { count, dollars, duration } from "@/lib/format";

interface Span {
  name: string;
  from: number;
  ms: number;
}

/** Where the time of the answer went, as bars on one line of time, and what it cost. */
export function TimingPart({
  cell,
  result: { timings, usage, cost_usd },
}: {
  cell: CellView;
  result: NonNullable<CellView["result"]>;
}) {
  const spans = spansOf(timings, usage);
  const end = Math.max(timings.total_ms, ...spans.map((span) => span.from + span.ms), 1);
  return (
    <section className="part">
      <div className="part__head">
        <h3>{cost_usd === null ? "Timing" : "Timing and cost"}</h3>
        <span className="hint push num">
          {duration(timings.total_ms)} in all
          {cost_usd !== null && `, ${dollars(Number(cost_usd))}`}
        </span>
      </div>
      {cell.summary.cached && (
        <p className="hint">
          Cached: {cell.cached_from ? `run ${cell.cached_from.run_number}` : "an earlier run"} got this answer
          and took this time. The model was not asked again
          {cost_usd === null ? "." : ", and this run paid nothing."}
        </p>
      )}
      <dl className="timing">
        {spans.map((span) => (
          <div key={span.name}>
            <dt>{span.name}</dt>
            <dd>
              <svg aria-hidden="true">
                <rect className="f-track" width="100%" height="8" />
                <rect
                  className="f-same"
                  x={`${((span.from / end) * 100).toFixed(2)}%`}
                  width={`${((span.ms / end) * 100).toFixed(2)}%`}
                  height="8"
                />
              </svg>
            </dd>
            <dd className="num r">{duration(span.ms)}</dd>
          </div>
        ))}
      </dl>
      {spans.length < 4 && <p className="hint">The model server did not say more.</p>}
    </section>
  );
}

function spansOf(
  timings: NonNullable<CellView["result"]>["timings"],
  usage: NonNullable<CellView["result"]>["usage"],
): Span[] {
  const spans: Span[] = [];
  let at = 0;
  function next(name: string, ms: number | undefined): void {
    if (ms === undefined) return;
    spans.push({ name, from: at, ms });
    at += ms;
  }
  next("Loading the model", timings.load_ms);
  next(withTokens("Prompt", usage.prompt_tokens), timings.prompt_evaluation_ms);
  next(withTokens("Answer", usage.completion_tokens), timings.generation_ms);
  if (timings.first_token_ms !== undefined) {
    spans.push({ name: "Until the first token", from: 0, ms: timings.first_token_ms });
  }
  spans.push({ name: "Total", from: 0, ms: timings.total_ms });
  return spans;
}

function withTokens(name: string, tokens: number | undefined): string {
  return tokens === undefined ? name : `${name}, ${count(tokens)} ${tokens === 1 ? "token" : "tokens"}`;
}
