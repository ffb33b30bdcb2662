import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import { RUNS } from "@/api/keys";
import type { Run, RunState } from "@/api/types";

export interface RunFilters {
  card?: string | undefined;
  state?: RunState | undefined;
}

const ACTIVE_EVERY_MS = 3_000;

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

export function runQuery(id: string) {
  return queryOptions({
    queryKey: [...RUNS, "one", id],
    queryFn: ({ signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/runs/{id}", { params: { path: { ...WORKSPACE, id } }, signal }),
      ),
  });
}
