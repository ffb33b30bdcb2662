import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, read, readTagged, WORKSPACE } from "@/api/client";
import { CARDS } from "@/api/keys";

export interface CardFilters {
  search?: string | undefined;
  folder?: string | undefined;
  tag?: string | undefined;
  label?: string | undefined;
  archived?: boolean | undefined;
}

export function cardKey(slug: string) {
  return [...CARDS, "one", slug] as const;
}

export function cardsQuery(filters: CardFilters) {
  return infiniteQueryOptions({
    queryKey: [...CARDS, "list", filters],
    queryFn: ({ pageParam, signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/cards", {
          params: { path: WORKSPACE, query: { ...filters, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** Folders, tags and labels with how many cards each has. */
export const cardFacetsQuery = queryOptions({
  queryKey: [...CARDS, "facets"],
  queryFn: ({ signal }) =>
    read(client.GET("/api/v1/workspaces/{ws}/cards/facets", { params: { path: WORKSPACE }, signal })),
});

export function cardQuery(slug: string) {
  return queryOptions({
    queryKey: cardKey(slug),
    queryFn: ({ signal }) =>
      readTagged(
        client.GET("/api/v1/workspaces/{ws}/cards/{slug}", {
          params: { path: { ...WORKSPACE, slug } },
          signal,
        }),
      ),
  });
}

export function draftQuery(slug: string) {
  return queryOptions({
    queryKey: [...cardKey(slug), "draft"],
    queryFn: ({ signal }) =>
      readTagged(
        client.GET("/api/v1/workspaces/{ws}/cards/{slug}/draft", {
          params: { path: { ...WORKSPACE, slug } },
          signal,
        }),
      ),
  });
}

export function versionsQuery(slug: string) {
  return infiniteQueryOptions({
    queryKey: [...cardKey(slug), "versions"],
    queryFn: ({ pageParam, signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/cards/{slug}/versions", {
          params: {
            path: { ...WORKSPACE, slug },
            query: pageParam ? { cursor: pageParam } : {},
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** A version never changes, so it is read once. */
export function versionQuery(slug: string, number: number) {
  return queryOptions({
    queryKey: [...cardKey(slug), "version", number],
    queryFn: ({ signal }) =>
      read(
        client.GET("/api/v1/workspaces/{ws}/cards/{slug}/versions/{number}", {
          params: { path: { ...WORKSPACE, slug, number } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
