import type { Tagged } from "@/api/client";
import { isStale, sentence } from "@/api/problem";
import type { CardContent, Draft } from "@/api/types";
import { sameContent } from "../content";

/** How the keeper reaches the server. */
export interface DraftServer {
  read: () => Promise<Tagged<Draft>>;
  write: (content: CardContent, etag: string) => Promise<Tagged<Draft>>;
  /** Whether somebody is signed in. A write asks for the password where nobody is, so only a person may begin one. */
  isSignedIn: () => boolean;
}

export type Keeping =
  | { state: "kept"; at: string }
  | { state: "waiting" }
  | { state: "keeping" }
  /** The server did not take it. It is tried again with the next change, or by hand. */
  | { state: "failed"; why: string }
  /** Somebody else saved first. Nothing is written until a person chooses. */
  | { state: "conflict"; theirs: Tagged<Draft> };

export interface DraftState {
  content: CardContent;
  saved: Tagged<Draft>;
  keeping: Keeping;
}

export const QUIET_MS = 700;
const AGAIN_MS = 3000;

/**
 * Keeps one draft: takes every change at once, writes it to the server when the typing pauses, one write at a time,
 * and never over somebody else's text. What could not be written stays here.
 */
export class DraftKeeper {
  #server: DraftServer;
  #state: DraftState;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | undefined;

  constructor(initial: Tagged<Draft>, server: DraftServer) {
    this.#server = server;
    this.#state = {
      content: initial.value.content,
      saved: initial,
      keeping: { state: "kept", at: initial.value.updated_at },
    };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): DraftState => this.#state;

  /** True while there is text here that the server does not have. */
  get isAhead(): boolean {
    return !sameContent(this.#state.content, this.#state.saved.value.content);
  }

  edit(content: CardContent): void {
    if (this.#state.keeping.state === "conflict") {
      this.#set({ content });
      return;
    }
    this.#set({ content, keeping: { state: "waiting" } });
    this.#later(QUIET_MS);
  }

  /** Writes what is not yet written; true when the server has all of it. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.#writing) await this.#writing;
    if (this.#state.keeping.state !== "conflict" && this.isAhead) {
      this.#writing = this.#write();
      await this.#writing;
      if (this.#state.keeping.state === "kept" && this.isAhead) return this.flush();
    }
    return !this.isAhead && this.#state.keeping.state !== "conflict";
  }

  /** Ends a conflict: `mine` is written over theirs, which the person has seen; `theirs` replaces mine here. */
  async resolve(choice: "mine" | "theirs"): Promise<void> {
    const { keeping } = this.#state;
    if (keeping.state !== "conflict") return;
    if (choice === "theirs") {
      this.adopt(keeping.theirs);
      return;
    }
    this.#set({ saved: keeping.theirs, keeping: { state: "waiting" } });
    await this.flush();
  }

  /** Looks whether the server still has the draft that this one is based on. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#writing) await this.#writing;
    this.#writing = this.#write();
    await this.#writing;
  }

  /** Takes a draft that the server made, such as the one after a version was saved. */
  adopt(draft: Tagged<Draft>): void {
    clearTimeout(this.#timer);
    this.#set({
      content: draft.value.content,
      saved: draft,
      keeping: { state: "kept", at: draft.value.updated_at },
    });
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    // Nobody looks at it any more: what is left was flushed when the last one went.
    if (this.#listeners.size === 0) return;
    this.#timer = setTimeout(() => this.#inTurn(), ms);
  }

  #inTurn(): void {
    if (this.#server.isSignedIn()) {
      void this.flush();
      return;
    }
    this.#set({ keeping: { state: "failed", why: "You are signed out." } });
    this.#later(AGAIN_MS);
  }

  async #write(): Promise<void> {
    const { content, saved } = this.#state;
    this.#set({ keeping: { state: "keeping" } });
    try {
      const written = await this.#server.write(content, saved.etag);
      const changedSince = this.#state.content !== content;
      this.#set({
        saved: written,
        keeping: changedSince ? { state: "waiting" } : { state: "kept", at: written.value.updated_at },
      });
      if (changedSince) this.#later(QUIET_MS);
    } catch (error) {
      await this.#notWritten(error);
    } finally {
      this.#writing = undefined;
    }
  }

  async #notWritten(error: unknown): Promise<void> {
    if (!isStale(error)) {
      this.#set({ keeping: { state: "failed", why: sentence(error) } });
      this.#later(AGAIN_MS);
      return;
    }
    try {
      const theirs = await this.#server.read();
      if (sameContent(theirs.value.content, this.#state.content)) this.adopt(theirs);
      else this.#set({ keeping: { state: "conflict", theirs } });
    } catch (again) {
      this.#set({ keeping: { state: "failed", why: sentence(again) } });
      this.#later(AGAIN_MS);
    }
  }

  #set(change: Partial<DraftState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
