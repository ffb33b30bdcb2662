import type { QueryClient } from "@tanstack/react-query";
import { patchesOf } from "./live/patches";
import { type RowFilter, rowsQuery, runQuery } from "./queries";
import { casesQuery, windowQuery } from "./windows";

/** Asks for all that the first rows of a run need at once, before there is a page that shows them. */
export function readRunAhead(
  queryClient: QueryClient,
  runId: string,
  { show = "all", search = "" }: { show?: RowFilter | undefined; search?: string | undefined },
): void {
  void queryClient.prefetchQuery(runQuery(runId));
  if (show !== "all" || search !== "") {
    void queryClient.prefetchQuery(rowsQuery(runId, show, search));
    return;
  }
  void queryClient.prefetchQuery(windowQuery(runId, 0, patchesOf(runId)));
  void queryClient.prefetchQuery(casesQuery(runId, 0));
}
