import { useQueries } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { CaseView, CellSummary } from "@/api/types";
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
  const [cellWindows, caseWindows] = JSON.parse(useRested(inSight, scrolling)) as [number[], number[]];
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

/**
 * What is in sight; while somebody scrolls, what last stood still. A scroll that begins anew goes on from what was
 * shown: a row that lost its cells for a moment would lose the focus with them.
 */
function useRested(inSight: string, scrolling: boolean): string {
  const [shown, setShown] = useState(inSight);
  if (!scrolling && shown !== inSight) setShown(inSight);
  useEffect(() => {
    const timer = setTimeout(() => setShown(inSight), REST_MS);
    return () => clearTimeout(timer);
  }, [inSight]);
  return shown;
}

function windows(rows: readonly number[]): number[] {
  return [...new Set(rows.map(windowOf))];
}
