import { queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";

/** What providers of this workspace may be at: owners see no more of the list. */
export const choicesQuery = queryOptions({
  queryKey: ["endpoints", "of workspace"],
  queryFn: async ({ signal }) =>
    (await read(client.GET("/api/v1/workspaces/{ws}/endpoints", { params: { path: WORKSPACE }, signal })))
      .items,
});

/** What the server may call, with who added it: for admins. */
export const endpointsQuery = queryOptions({
  queryKey: ["endpoints", "list"],
  queryFn: async ({ signal }) => (await read(client.GET("/api/v1/outbound/endpoints", { signal }))).items,
});

/** Whom the server has called: for admins. */
export const hostsQuery = queryOptions({
  queryKey: ["contacted hosts"],
  queryFn: async ({ signal }) => (await read(client.GET("/api/v1/outbound/hosts", { signal }))).items,
  staleTime: 5_000,
});
