import type { Card, CardContent, Case, Draft, Preview, VersionSummary } from "@/api/types";
import { card as cardOf, content } from "./fixtures";
import { on, Refusal } from "./server";

const CARD = "/api/v1/workspaces/{ws}/cards/{slug}";

/** A server with one card: its draft is kept under If-Match, versions are made of it, labels move. */
export function cardServer(
  over: { card?: Partial<Card>; draft?: CardContent; cases?: Case[]; preview?: Partial<Preview> } = {},
) {
  const state = {
    card: cardOf({ latest_version: 1, labels: [], ...over.card }),
    draft: over.draft ?? content("Hello {{ name }}"),
    etag: 1,
    by: "local",
    written: [] as CardContent[],
    messages: ["First"],
    published: [content("Hello {{ name }}")],
    preview: {
      found_variables: [],
      problems: [],
      messages: [],
      estimated_tokens: null,
      ...over.preview,
    } as Preview,
    asked: [] as { content: CardContent; variables?: Record<string, unknown> }[],
    /** Somebody else edits the draft. */
    elsewhere(text: string) {
      state.draft = content(text);
      state.by = "Jonas Weber";
      state.etag += 1;
    },
  };
  const draft = (): { body: Draft; etag: string } => ({
    body: {
      content: state.draft,
      based_on: 1,
      updated_at: new Date().toISOString(),
      changed: true,
      updated_by: state.by,
    },
    etag: `"${state.etag}"`,
  });
  const stale = () =>
    new Refusal(412, { code: "stale", detail: "Jonas Weber saved 2 min ago." }, `"${state.etag}"`);
  const summary = (number: number): VersionSummary => ({
    number,
    message: state.messages[number - 1] ?? "",
    author: "local",
    created_at: "2026-11-20T08:00:00.000Z",
    content_hash: "ab".repeat(32),
    labels: state.card.labels.filter((label) => label.version === number).map((label) => label.name),
  });
  on("get", CARD, () => ({ body: state.card, etag: '"card-1"' }));
  on("get", `${CARD}/draft`, draft);
  on("put", `${CARD}/draft`, ({ body, headers }) => {
    if (headers.get("if-match") !== `"${state.etag}"`) return stale();
    state.draft = body.content;
    state.written.push(body.content);
    state.etag += 1;
    return draft();
  });
  on("delete", `${CARD}/draft`, () => {
    state.draft = state.published.at(-1) ?? state.draft;
    state.etag += 1;
    return draft();
  });
  on("get", `${CARD}/versions`, () => ({
    body: { items: state.messages.map((_, index) => summary(index + 1)).reverse(), next_cursor: null },
  }));
  on("get", `${CARD}/versions/{number}`, ({ params }) => ({
    body: {
      ...summary(Number(params.number)),
      content: state.published[Number(params.number) - 1] ?? content(""),
    },
  }));
  on("post", `${CARD}/versions`, ({ body, headers }) => {
    if (headers.get("if-match") !== `"${state.etag}"`) return stale();
    state.messages.push(body.message ?? "");
    state.published.push(state.draft);
    state.card = { ...state.card, latest_version: state.messages.length };
    return { body: { ...summary(state.messages.length), content: state.draft }, status: 201 };
  });
  on("put", `${CARD}/labels/{label}`, ({ params, body }) => {
    const name = String(params.label);
    const others = state.card.labels.filter((label) => label.name !== name);
    state.card = { ...state.card, labels: [...others, { name, version: body.version }] };
    return { body: { name, version: body.version, moved_at: "2026-11-20T08:00:00.000Z", moved_by: "local" } };
  });
  on("delete", `${CARD}/labels/{label}`, ({ params }) => {
    state.card = { ...state.card, labels: state.card.labels.filter((label) => label.name !== params.label) };
    return { body: undefined, status: 204 };
  });
  on("get", "/api/v1/workspaces/{ws}/suites/{suite}/cases", () => ({
    body: { items: over.cases ?? [], next_cursor: null },
  }));
  on("post", "/api/v1/workspaces/{ws}/templates/preview", ({ body }) => {
    state.asked.push(body);
    return { body: state.preview };
  });
  return state;
}
