import { queryOptions } from "@tanstack/react-query";
import { client, read } from "@/api/client";

const ACCOUNT = ["account"] as const;

export const accountQuery = queryOptions({
  queryKey: [...ACCOUNT, "own"],
  queryFn: ({ signal }) => read(client.GET("/api/v1/account", { signal })),
});

/** Where this account is signed in. */
export const sessionsQuery = queryOptions({
  queryKey: [...ACCOUNT, "sessions"],
  queryFn: async ({ signal }) => (await read(client.GET("/api/v1/account/sessions", { signal }))).items,
});

/** Those that have ended, too. */
export const keysQuery = queryOptions({
  queryKey: [...ACCOUNT, "keys"],
  queryFn: async ({ signal }) => (await read(client.GET("/api/v1/account/api-keys", { signal }))).items,
});

/** What this account may still ask for. */
export const limitsQuery = queryOptions({
  queryKey: [...ACCOUNT, "limits"],
  queryFn: ({ signal }) => read(client.GET("/api/v1/limits", { signal })),
  staleTime: 0,
});
