import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import { RUNS } from "@/api/keys";
import type { CaseView, CellSummary } from "@/api/types";
import type { Patches } from "./live/patches";

/** Rows of the matrix, in each the cells by column. */
export type CellWindow = CellSummary[][];

/** A screen shows one or two windows; a filter that leaves few rows may show a dozen. */
const WINDOW_ROWS = 30;
const KEEP_MS = 60_000;
const RUNNING_CELLS_EVERY_MS = 2_000;

/** The first row of the window that a row lies in. */
export function windowOf(row: number): number {
  return row - (row % WINDOW_ROWS);
}

/** Begins the keys of all cells of a run. */
export const cellsKey = (runId: string) => [...RUNS, "cells", runId] as const;
export const windowKey = (runId: string, from: number) => [...cellsKey(runId), "rows", from] as const;
export const cellKey = (runId: string, position: number) => [...cellsKey(runId), "one", position] as const;

function isOpen(cell: CellSummary): boolean {
  return cell.state === "pending" || cell.state === "leased";
}

/**
 * A window of the matrix. The stream says which cells finish; which ones are being answered it does not say, so a
 * window in sight that has open cells is read again every two seconds.
 */
export function windowQuery(runId: string, from: number, patches: Patches) {
  return queryOptions({
    queryKey: windowKey(runId, from),
    queryFn: async ({ signal }): Promise<CellWindow> => {
      const cells = await patches.over(async () => {
        const page = await read(
          client.GET("/api/v1/workspaces/{ws}/runs/{run}/cells", {
            params: {
              path: { ...WORKSPACE, run: runId },
              query: { row_from: from, row_to: from + WINDOW_ROWS },
            },
            signal,
          }),
        );
        return page.items;
      });
      const rows: CellWindow = [];
      for (const cell of cells) {
        const row = rows[cell.row - from] ?? [];
        row[cell.column] = cell;
        rows[cell.row - from] = row;
      }
      return rows;
    },
    structuralSharing: false,
    gcTime: KEEP_MS,
    refetchInterval: ({ state }) =>
      state.data?.some((row) => row.some(isOpen)) ? RUNNING_CELLS_EVERY_MS : false,
  });
}

/** The cases of a window of cases, by their place in it. A run's cases never change. */
export function casesQuery(runId: string, from: number) {
  return queryOptions({
    queryKey: [...RUNS, "cases", runId, from],
    queryFn: async ({ signal }): Promise<CaseView[]> => {
      const page = await read(
        client.GET("/api/v1/workspaces/{ws}/runs/{run}/cases", {
          params: { path: { ...WORKSPACE, run: runId }, query: { from, to: from + WINDOW_ROWS } },
          signal,
        }),
      );
      return page.items;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEEP_MS,
  });
}

/** A cell with everything that is known of it. */
export function cellQuery(runId: string, position: number) {
  return queryOptions({
    queryKey: cellKey(runId, position),
    queryFn: ({ signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/runs/{run}/cells/{position}", {
          params: { path: { ...WORKSPACE, run: runId, position } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data && isOpen(state.data.summary) ? RUNNING_CELLS_EVERY_MS : false,
  });
}

/** The number of the cell at a row and column, read if it is not here. */
export async function positionAt(
  queryClient: QueryClient,
  runId: string,
  patches: Patches,
  row: number,
  column: number,
): Promise<number | undefined> {
  const from = windowOf(row);
  const window = await queryClient.ensureQueryData(windowQuery(runId, from, patches));
  return window[row - from]?.[column]?.position;
}
