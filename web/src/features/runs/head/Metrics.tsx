import type { Run } from "@/api/types";
import { plural } from "@/lib/format";
import { type MetricMean, metricsOf } from "./metrics";

/** How many metrics are named before the rest is opened. */
const SHOWN = 6;

/** The mean score of each metric over the run; opened, of each column. */
export function Metrics({ run }: { run: Run }) {
  const metrics = metricsOf(run.columns);
  if (metrics.length === 0) return null;
  const more = metrics.length - SHOWN;
  const short = (
    <>
      <span className="medium">Metrics</span>{" "}
      <span className="num">{metrics.slice(0, SHOWN).map(said).join(", ")}</span>
      {more > 0 && <span className="dim"> and {plural(more, "other")}</span>}
    </>
  );
  if (run.columns.length === 1 && more <= 0) return <p className="metrics small">{short}</p>;
  return (
    <details className="metrics small">
      <summary>{short}</summary>
      <div className="metrics__frame">
        <table>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              {run.columns.map((column) => (
                <th scope="col" className="r" key={column.position}>
                  <span className="mono">{run.models[column.model_position]?.model}</span>{" "}
                  <span className="dim">v{run.cards[column.version_position]?.version}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {metrics.map(({ name, means }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {run.columns.map((column, index) => (
                  <td className="num r" key={column.position}>
                    {means[index]?.toFixed(2) ?? ""}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function said({ name, mean }: MetricMean): string {
  return `${name} ${mean.toFixed(2)}`;
}
