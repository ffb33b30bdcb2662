import { queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import { RUNS } from "@/api/keys";
import type { ProviderWait } from "@/api/types";

/** What a run waits for. The stream says so, too, and a reading that was begun before is older than that. */
export function waitsQuery(id: string) {
  const queryKey = [...RUNS, "waits", id] as const;
  return queryOptions({
    queryKey,
    queryFn: async ({ client: cache, signal }): Promise<ProviderWait[]> => {
      const begun = Date.now();
      const { items } = await read(
        client.GET("/api/v1/workspaces/{ws}/runs/{run}/waits", {
          params: { path: { ...WORKSPACE, run: id } },
          signal,
        }),
      );
      const told = cache.getQueryState<ProviderWait[]>(queryKey);
      return told?.data && told.dataUpdatedAt >= begun ? told.data : items;
    },
  });
}
