import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import { RUNS } from "@/api/keys";
import type { Run, RunState } from "@/api/types";

export interface RunFilters {
  card?: string | undefined;
  state?: RunState | undefined;
}

const ACTIVE_EVERY_MS = 3_000;
const CANCELLING_EVERY_MS = 1_000;

/** Which rows of a matrix are shown. */
export type RowFilter = "all" | "fail" | "error" | "invalid" | "unjudged" | "different" | "flaky";

export function isActive(run: Run): boolean {
  return run.state === "preparing" || run.state === "queued" || run.state === "running";
}

/** Runs, newest first; asked again every few seconds while one of them is at work. */
export function runsQuery(filters: RunFilters) {
  return infiniteQueryOptions({
    queryKey: [...RUNS, "list", filters],
    queryFn: ({ pageParam, signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/runs", {
          params: { path: WORKSPACE, query: { ...filters, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some(isActive)) ? ACTIVE_EVERY_MS : false,
  });
}

/** One run, with its columns. Events write newer counters into it, which a reading begun before them keeps. */
export function runQuery(id: string) {
  const queryKey = [...RUNS, "one", id] as const;
  return queryOptions({
    queryKey,
    queryFn: async ({ client: cache, signal }): Promise<Run> => {
      const run = await read(
        client.GET("/api/v1/workspaces/{ws}/runs/{run}", {
          params: { path: { ...WORKSPACE, run: id } },
          signal,
        }),
      );
      const now = cache.getQueryData<Run>(queryKey);
      return now && now.event_number > run.event_number ? now : run;
    },
    structuralSharing: false,
    // Cancelling goes on for a moment after it was told.
    refetchInterval: ({ state }) =>
      state.data?.state === "cancelled" && state.data.counts.open > 0 ? CANCELLING_EVERY_MS : false,
  });
}

/** The rows that a filter and a search leave. `rows` is null where they leave all. */
export function rowsQuery(id: string, show: RowFilter, search: string) {
  return queryOptions({
    queryKey: [...RUNS, "rows", id, show, search],
    queryFn: ({ signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/runs/{run}/rows", {
          params: { path: { ...WORKSPACE, run: id }, query: { show, ...(search ? { search } : {}) } },
          signal,
        }),
      ),
    structuralSharing: false,
  });
}
