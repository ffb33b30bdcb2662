import type { Health, HealthCheck } from "@/api/types";
import { BOX_WIDTH, MAP_WIDTH, mapOf } from "./map";

/** What depends on what: a drawing, and on a phone the same as a list. */
export function MapPart({ parts, checks }: { parts: Health["parts"]; checks: HealthCheck[] }) {
  const { boxes, edges, height, lines } = mapOf(checks, parts);
  const inWords = lines.map(({ part, on }) => `${part} on ${on.join(", ")}`).join("; ");
  return (
    <section className="section" aria-labelledby="health-map">
      <div className="section__head">
        <h2 id="health-map">What depends on what</h2>
      </div>
      <svg
        className="flow before only-wide"
        viewBox={`0 0 ${MAP_WIDTH} ${height}`}
        role="img"
        aria-label={`What depends on what: ${inWords}`}
      >
        {edges.map(({ key, path, bad }) => (
          <path key={key} className={bad ? "edge edge--bad" : "edge"} d={path} />
        ))}
        {boxes.map(({ id, name, note, status, x, y, height: tall }) => (
          <g key={id}>
            <rect
              className={`box${status === "pass" ? "" : ` box--${status}`}`}
              x={x}
              y={y}
              width={BOX_WIDTH}
              height={tall}
              rx="4"
            />
            <text x={x + 10} y={y + 18}>
              {name}
            </text>
            {note && (
              <text className="t2" x={x + 10} y={y + 32}>
                {note}
              </text>
            )}
          </g>
        ))}
      </svg>
      <div className="only-narrow before">
        <dl className="facts">
          {lines.map(({ part, on }) => (
            <div className="contents" key={part}>
              <dt>{part}</dt>
              <dd>{on.join(", ")}</dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}
