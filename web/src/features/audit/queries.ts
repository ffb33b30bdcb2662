import { infiniteQueryOptions } from "@tanstack/react-query";
import { client, read } from "@/api/client";

export interface AuditFilters {
  actor?: string | undefined;
  action?: string | undefined;
  /** What it was done to: a kind, a colon and an id. */
  object?: string | undefined;
  outcome?: "done" | "refused" | undefined;
  /** Days, as `2026-11-27`. */
  after?: string | undefined;
  before?: string | undefined;
}

/** Newest first. Not read again by itself: each reading may ask for the password. */
export function auditQuery(filters: AuditFilters) {
  return infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: ({ pageParam, signal }) =>
      read(
        client.GET("/api/v1/audit", {
          params: { query: { ...askedOf(filters), ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

/** The filters as the server takes them: the beginning of the first day and the end of the last. */
export function askedOf({ actor, action, object, outcome, after, before }: AuditFilters) {
  const end = before ? new Date(`${before}T00:00:00`) : undefined;
  end?.setDate(end.getDate() + 1);
  return {
    ...(actor ? { actor } : {}),
    ...(action ? { action } : {}),
    ...(object ? { object } : {}),
    ...(outcome ? { outcome } : {}),
    ...(after ? { after: new Date(`${after}T00:00:00`).toISOString() } : {}),
    ...(end ? { before: end.toISOString() } : {}),
  };
}
