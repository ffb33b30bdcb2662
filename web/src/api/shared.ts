// Reads one card or one run that somebody shared: by the secret of a link, or as an account that it was shared with.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, read } from "./client";
import type { CellView, SharedView } from "./types";

type Part = "whole" | "versions" | "version" | "cases" | "rows" | "cell";
type PartOf<P extends SharedView["part"]> = Extract<SharedView, { part: P }>;

/** Where what is shared comes from. */
export interface SharedSource {
  /** Tells it from others in the query cache; no secret. */
  key: string;
  look(part: Part, at: number | undefined, signal: AbortSignal): Promise<SharedView>;
}

let links = 0;

/** By a link: nobody has to be signed in, and who is does not count. */
export function byLink(secret: string): SharedSource {
  links += 1;
  return {
    key: `link ${links}`,
    look: (part, at, signal) =>
      read(
        client.POST("/api/v1/shared/look", {
          body: { secret, part, ...(at === undefined ? {} : { at }) },
          signal,
          fetch: (request) => globalThis.fetch(new Request(request, { credentials: "omit" })),
        }),
      ),
  };
}

/** As the account of this page. */
export function byAccount(share: string): SharedSource {
  return {
    key: share,
    look: (part, at, signal) =>
      read(
        client.GET("/api/v1/shared/{share}", {
          params: { path: { share }, query: { part, ...(at === undefined ? {} : { at }) } },
          signal,
        }),
      ),
  };
}

const SHARED = ["shared"] as const;
/** A link that does not work is not tried again by itself: the server counts that. */
const ONCE = { retry: false } as const;

/** What was shared with the account of this page. */
export const sharedListQuery = infiniteQueryOptions({
  queryKey: [...SHARED, "list"],
  queryFn: ({ pageParam, signal }) =>
    read(
      client.GET("/api/v1/shared", {
        params: { query: pageParam ? { cursor: pageParam } : {} },
        signal,
      }),
    ),
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor,
});

/** The card with its latest version, or the run. */
export function sharedQuery(source: SharedSource) {
  return queryOptions({
    ...ONCE,
    queryKey: [...SHARED, source.key, "whole"],
    queryFn: async ({ signal }) =>
      (await source.look("whole", undefined, signal)) as PartOf<"card"> | PartOf<"run">,
  });
}

/** Versions of the card, newest first. */
export function sharedVersionsQuery(source: SharedSource) {
  return infiniteQueryOptions({
    ...ONCE,
    queryKey: [...SHARED, source.key, "versions"],
    queryFn: async ({ pageParam, signal }) =>
      (await source.look("versions", pageParam ?? undefined, signal)) as PartOf<"versions">,
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  });
}

/** One version of the card. */
export function sharedVersionQuery(source: SharedSource, number: number) {
  return queryOptions({
    ...ONCE,
    queryKey: [...SHARED, source.key, "version", number],
    queryFn: async ({ signal }) =>
      ((await source.look("version", number, signal)) as PartOf<"version">).version,
  });
}

/** Cases of the card, in their order. */
export function sharedCasesQuery(source: SharedSource) {
  return infiniteQueryOptions({
    ...ONCE,
    queryKey: [...SHARED, source.key, "cases"],
    queryFn: async ({ pageParam, signal }) =>
      (await source.look("cases", pageParam ?? undefined, signal)) as PartOf<"cases">,
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  });
}

/** Rows of the run, with their cells and cases. */
export function sharedRowsQuery(source: SharedSource) {
  return infiniteQueryOptions({
    ...ONCE,
    queryKey: [...SHARED, source.key, "rows"],
    queryFn: async ({ pageParam, signal }) =>
      (await source.look("rows", pageParam ?? undefined, signal)) as PartOf<"rows">,
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  });
}

/** One cell of the run. */
export function sharedCellQuery(source: SharedSource, position: number) {
  return queryOptions({
    ...ONCE,
    queryKey: [...SHARED, source.key, "cell", position],
    queryFn: async ({ signal }): Promise<CellView> =>
      ((await source.look("cell", position, signal)) as PartOf<"cell">).cell,
  });
}
