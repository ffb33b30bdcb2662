import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Tagged } from "@/api/client";
import { ProblemError, UnreachableError } from "@/api/problem";
import type { CardContent, Draft } from "@/api/types";
import { content } from "@/test/fixtures";
import { DraftKeeper, QUIET_MS } from "./DraftKeeper";

function tagged(text: string, etag: string): Tagged<Draft> {
  return {
    value: {
      content: content(text),
      based_on: 1,
      updated_at: "2026-11-23T08:00:00.000Z",
      changed: true,
      updated_by: "local",
    },
    etag,
  };
}

const stale = new ProblemError(
  {
    type: "about:blank",
    title: "Stale",
    status: 412,
    detail: "Jonas Weber saved 2 min ago.",
    code: "stale",
    request_id: "1",
    errors: [],
  },
  '"theirs"',
);

/** A server of one draft: keeps what is written, and counts. */
function draftServer() {
  let draft = tagged("first", '"1"');
  const written: string[] = [];
  const server = {
    written,
    get draft() {
      return draft;
    },
    elsewhere(text: string) {
      draft = tagged(text, '"theirs"');
    },
    refuse: undefined as Error | undefined,
    signedIn: true,
    isSignedIn: () => server.signedIn,
    read: vi.fn(async () => draft),
    write: vi.fn(async (wanted: CardContent, etag: string) => {
      if (server.refuse) throw server.refuse;
      if (etag !== draft.etag) throw stale;
      const text = wanted.messages[0]?.content[0]?.text ?? "";
      written.push(text);
      draft = tagged(text, `"${written.length + 1}"`);
      return draft;
    }),
  };
  return server;
}

function keeping() {
  const server = draftServer();
  const keeper = new DraftKeeper(server.draft, server);
  keeper.subscribe(() => undefined);
  return { server, keeper };
}

describe("the draft keeper", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("writes once when the typing pauses", async () => {
    const { server, keeper } = keeping();
    for (const text of ["a", "ab", "abc"]) keeper.edit(content(text));
    expect(keeper.snapshot().keeping.state).toBe("waiting");
    await vi.advanceTimersByTimeAsync(QUIET_MS - 1);
    expect(server.written).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.written).toEqual(["abc"]);
    expect(keeper.snapshot().keeping.state).toBe("kept");
    expect(keeper.isAhead).toBe(false);
  });

  it("writes what was typed while a write was on its way, after it", async () => {
    const { server, keeper } = keeping();
    keeper.edit(content("a"));
    const flushed = keeper.flush();
    keeper.edit(content("ab"));
    await flushed;
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    expect(server.written).toEqual(["a", "ab"]);
    expect(keeper.isAhead).toBe(false);
  });

  it("never writes over somebody else's text, and loses neither", async () => {
    const { server, keeper } = keeping();
    server.elsewhere("theirs");
    keeper.edit(content("mine"));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    const { keeping: state, content: here } = keeper.snapshot();
    expect(state).toMatchObject({ state: "conflict", theirs: { etag: '"theirs"' } });
    expect(here).toEqual(content("mine"));
    keeper.edit(content("mine, longer"));
    expect(keeper.snapshot().keeping.state).toBe("conflict");
    await vi.advanceTimersByTimeAsync(10 * QUIET_MS);
    expect(server.written).toEqual([]);
    expect(server.draft.value.content).toEqual(content("theirs"));
  });

  it("writes mine over theirs when that is chosen", async () => {
    const { server, keeper } = keeping();
    server.elsewhere("theirs");
    keeper.edit(content("mine"));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    await keeper.resolve("mine");
    expect(server.written).toEqual(["mine"]);
    expect(keeper.snapshot().keeping.state).toBe("kept");
  });

  it("takes theirs when that is chosen", async () => {
    const { server, keeper } = keeping();
    server.elsewhere("theirs");
    keeper.edit(content("mine"));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    await keeper.resolve("theirs");
    expect(keeper.snapshot().content).toEqual(content("theirs"));
    expect(server.written).toEqual([]);
    keeper.edit(content("theirs, longer"));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    expect(server.written).toEqual(["theirs, longer"]);
  });

  it("asks nobody when the other one wrote the same", async () => {
    const { server, keeper } = keeping();
    server.elsewhere("same");
    keeper.edit(content("same"));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    expect(keeper.snapshot().keeping.state).toBe("kept");
  });

  it("waits by itself while nobody is signed in, but not when a person asks", async () => {
    const { server, keeper } = keeping();
    server.signedIn = false;
    keeper.edit(content("typed on"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.write).not.toHaveBeenCalled();
    expect(keeper.snapshot().keeping).toEqual({ state: "failed", why: "You are signed out." });
    server.signedIn = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.written).toEqual(["typed on"]);
    server.signedIn = false;
    keeper.edit(content("by hand"));
    await keeper.flush();
    expect(server.written).toEqual(["typed on", "by hand"]);
  });

  it("keeps the text when the server is gone, and writes it when it is back", async () => {
    const { server, keeper } = keeping();
    server.refuse = new UnreachableError();
    keeper.edit(content("mine"));
    await vi.advanceTimersByTimeAsync(QUIET_MS);
    expect(keeper.snapshot().keeping).toMatchObject({ state: "failed" });
    expect(await keeper.flush()).toBe(false);
    expect(keeper.isAhead).toBe(true);
    server.refuse = undefined;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.written).toEqual(["mine"]);
    expect(await keeper.flush()).toBe(true);
  });
});
