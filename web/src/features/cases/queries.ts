import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";

export interface CaseFilters {
  search?: string | undefined;
  tag?: string | undefined;
}

export function casesKey(suiteId: string) {
  return ["suites", suiteId, "cases"] as const;
}

export function casesQuery(suiteId: string, filters: CaseFilters) {
  return infiniteQueryOptions({
    queryKey: [...casesKey(suiteId), filters],
    queryFn: ({ pageParam, signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/suites/{suite}/cases", {
          params: {
            path: { ...WORKSPACE, suite: suiteId },
            query: { ...filters, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** One case with its current ETag, for the editor. */
export function caseQuery(suiteId: string, caseId: string) {
  return queryOptions({
    queryKey: ["suites", suiteId, "case", caseId],
    queryFn: ({ signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/suites/{suite}/cases/{case}", {
          params: { path: { ...WORKSPACE, suite: suiteId, case: caseId } },
          signal,
        }),
      ),
    staleTime: 0,
  });
}

/** What kinds of assertions there are. They change with the server's version only. */
export const assertionTypesQuery = queryOptions({
  queryKey: ["assertion-types"],
  queryFn: async ({ signal }) => (await read(client.GET("/api/v1/assertion-types", { signal }))).items,
  staleTime: Number.POSITIVE_INFINITY,
});
