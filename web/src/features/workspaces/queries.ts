import { queryOptions } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";

/** Who is a member of the workspace of this page. */
export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: async ({ signal }) =>
    (await read(client.GET("/api/v1/workspaces/{ws}/members", { params: { path: WORKSPACE }, signal })))
      .items,
});

/** One's own workspaces; for an admin, all. */
export const workspacesQuery = queryOptions({
  queryKey: ["workspaces"],
  queryFn: async ({ signal }) => (await read(client.GET("/api/v1/workspaces", { signal }))).items,
});
