import { queryOptions } from "@tanstack/react-query";
import { client, read } from "@/api/client";
import type { Account } from "@/api/types";

export const USERS = ["users"] as const;

/** The most accounts that the server lists at once. */
const PAGE = 200;

/** Every account, in the order in which they were made. */
export const usersQuery = queryOptions({
  queryKey: [...USERS, "list"],
  queryFn: async ({ signal }) => {
    const users: Account[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor ? { cursor } : {}) };
      const page: { items: Account[]; next_cursor: string | null } = await read(
        client.GET("/api/v1/users", { params: { query }, signal }),
      );
      users.push(...page.items);
      cursor = page.next_cursor;
    }
    return users;
  },
});

export function userQuery(user: string) {
  return queryOptions({
    queryKey: [...USERS, "one", user],
    queryFn: ({ signal }) => read(client.GET("/api/v1/users/{user}", { params: { path: { user } }, signal })),
  });
}

export function userKeysQuery(user: string) {
  return queryOptions({
    queryKey: [...USERS, "keys", user],
    queryFn: async ({ signal }) =>
      (await read(client.GET("/api/v1/users/{user}/api-keys", { params: { path: { user } }, signal }))).items,
  });
}
