import type { Column } from "@/api/types";

/** A metric of a run. */
export interface MetricMean {
  name: string;
  /** The mean of its scores over all columns, by weight. */
  mean: number;
  /** That of each column; null where it does not come up. */
  means: (number | null)[];
}

/** The metrics of these columns, in the order in which they come up. */
export function metricsOf(columns: readonly Column[]): MetricMean[] {
  const names = new Set(columns.flatMap(({ metrics }) => metrics.map(({ metric }) => metric)));
  return [...names].map((name) => {
    const found = columns.map(({ metrics }) => metrics.find(({ metric }) => metric === name));
    const sum = found.reduce((total, metric) => total + (metric?.sum ?? 0), 0);
    const weight = found.reduce((total, metric) => total + (metric?.weight ?? 0), 0);
    return { name, mean: weight > 0 ? sum / weight : 0, means: found.map((metric) => metric?.mean ?? null) };
  });
}
