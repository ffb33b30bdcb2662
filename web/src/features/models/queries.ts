import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: async ({ signal }) =>
    (await read(client.GET("/api/v1/workspaces/{ws}/providers", { params: { path: WORKSPACE }, signal })))
      .items,
  staleTime: 60_000,
});

/** The models of one provider, and whether it answers. The server remembers its list; `refreshModels` asks anew. */
export function modelsQuery(providerId: string) {
  return queryOptions({
    queryKey: ["providers", providerId, "models"],
    queryFn: ({ signal }) => fetchModels(providerId, false, signal),
    staleTime: 30_000,
  });
}

export async function refreshModels(queryClient: QueryClient, providerId: string): Promise<void> {
  const models = await fetchModels(providerId, true);
  queryClient.setQueryData(modelsQuery(providerId).queryKey, models);
}

function fetchModels(id: string, refresh: boolean, signal?: AbortSignal) {
  return read(
    client.GET("/api/v1/workspaces/{ws}/providers/{id}/models", {
      params: { path: { ...WORKSPACE, id }, query: refresh ? { refresh } : {} },
      signal: signal ?? null,
    }),
  );
}
