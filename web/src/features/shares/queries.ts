import { queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";

/** What is shared: a card by its slug, or a run by its id. */
export type Shareable = { card: string } | { run: string };

/** The shares of one card or one run that have not expired. */
export function sharesQuery(of: Shareable) {
  return queryOptions({
    queryKey: ["shares", of],
    queryFn: async ({ signal }) => {
      const page = await read(
        client.GET("/api/v1/workspaces/{ws}/shares", {
          params: { path: WORKSPACE, query: { ...of, limit: 100 } },
          signal,
        }),
      );
      return page.items;
    },
  });
}
