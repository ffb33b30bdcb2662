import { describe, expect, it } from "vitest";
import { metricsOf } from "./metrics";

function column(position: number, metrics: Parameters<typeof metricsOf>[0][number]["metrics"]) {
  return { position, metrics } as Parameters<typeof metricsOf>[0][number];
}

describe("the metrics of a run", () => {
  it("are means by weight over its columns, and those of each", () => {
    const columns = [
      column(0, [
        { metric: "accuracy", sum: 6, weight: 8, mean: 0.75, cells: 2 },
        { metric: "tone", sum: 0, weight: 0, mean: 0, cells: 1 },
      ]),
      column(1, [{ metric: "accuracy", sum: 2, weight: 2, mean: 1, cells: 2 }]),
    ];
    expect(metricsOf(columns)).toEqual([
      { name: "accuracy", mean: 0.8, means: [0.75, 1] },
      { name: "tone", mean: 0, means: [0, null] },
    ]);
  });

  it("are none where no assertion names one", () => {
    expect(metricsOf([column(0, [])])).toEqual([]);
  });
});
