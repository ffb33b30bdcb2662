import { queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: async ({ signal }) =>
    (await read(client.GET("/api/v1/workspaces/{ws}/providers", { params: { path: WORKSPACE }, signal })))
      .items,
  staleTime: 60_000,
});

/** The models of one provider, and whether it answers: the server asks it each time. */
export function modelsQuery(providerId: string) {
  return queryOptions({
    queryKey: ["providers", providerId, "models"],
    queryFn: ({ signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/providers/{provider}/models", {
          params: { path: { ...WORKSPACE, provider: providerId } },
          signal,
        }),
      ),
    staleTime: 30_000,
  });
}
