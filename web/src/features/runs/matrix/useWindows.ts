import { useQueries } from "@tanstack/react-query";
import type { CaseView, CellSummary } from "@/api/types";
import { useDebounced } from "@/lib/useDebounced";
import type { Patches } from "../live/patches";
import { casesQuery, windowOf, windowQuery } from "../windows";

/** Rows that fly by are not asked for. */
const REST_MS = 60;

interface Windows {
  cells: (row: number) => CellSummary[] | undefined;
  item: (row: number) => CaseView | undefined;
  /** Why something in sight could not be read; null: it could. */
  error: unknown;
  retry: () => void;
}

/** Loads the windows that the rows in sight lie in, and looks rows up in them. */
export function useWindows(
  runId: string,
  rows: readonly number[],
  repeats: number,
  scrolling: boolean,
  patches: Patches,
): Windows {
  const caseOf = (row: number) => Math.floor(row / repeats);
  const inSight = JSON.stringify([windows(rows), windows(rows.map(caseOf))]);
  const rested = useDebounced(inSight, REST_MS);
  const [cellWindows, caseWindows] = JSON.parse(scrolling ? rested : inSight) as [number[], number[]];
  const cells = useQueries({ queries: cellWindows.map((from) => windowQuery(runId, from, patches)) });
  const cases = useQueries({ queries: caseWindows.map((from) => casesQuery(runId, from)) });
  const failed = [...cells, ...cases].filter((result) => result.isError && result.data === undefined);
  const cellsFrom = new Map(cellWindows.map((from, index) => [from, cells[index]?.data]));
  const casesFrom = new Map(caseWindows.map((from, index) => [from, cases[index]?.data]));
  return {
    cells: (row) => cellsFrom.get(windowOf(row))?.[row - windowOf(row)],
    item: (row) => casesFrom.get(windowOf(caseOf(row)))?.[caseOf(row) - windowOf(caseOf(row))],
    error: failed[0]?.error ?? null,
    retry: () => {
      for (const result of failed) void result.refetch();
    },
  };
}

function windows(rows: readonly number[]): number[] {
  return [...new Set(rows.map(windowOf))];
}
