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

/** What the workspace of this page may use on a day, and what it has used today. */
export const budgetQuery = queryOptions({
  queryKey: ["budget"],
  queryFn: ({ signal }) =>
    read(client.GET("/api/v1/workspaces/{ws}/budget", { params: { path: WORKSPACE }, signal })),
  staleTime: 0,
});
