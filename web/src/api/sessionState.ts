import { useSyncExternalStore } from "react";
import type { Session, Workspace, WorkspaceRole } from "./types";
import { WORKSPACE } from "./workspace";

/** Who uses this page, and what became of their session. */
export type SessionState =
  /** The server has not answered yet. */
  | { status: "unknown" }
  /** It answered with something else than a session or none. */
  | { status: "failed"; error: unknown }
  /** Nobody is signed in. */
  | { status: "out" }
  | { status: "in"; session: Session }
  /** The session ended while the page was in use. `asking`: the page asks for the password; else it was put off. */
  | { status: "ended"; session: Session; asking: boolean };

/** A value that the page is drawn from. */
class Held<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  set(value: T): void {
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The first value that `wanted` takes something from; rejects when `signal` says that nobody waits any more. */
  until<R>(wanted: (value: T) => R | undefined, signal?: AbortSignal): Promise<R> {
    return new Promise((resolve, reject) => {
      const stop = this.subscribe(look);
      const abort = () => {
        stop();
        reject(new DOMException("Nobody waits for it any more.", "AbortError"));
      };
      function end(): void {
        stop();
        signal?.removeEventListener("abort", abort);
      }
      const value = this;
      function look(): void {
        const found = wanted(value.get());
        if (found === undefined) return;
        end();
        resolve(found);
      }
      if (signal?.aborted) abort();
      else {
        signal?.addEventListener("abort", abort);
        look();
      }
    });
  }
}

export const sessionState = new Held<SessionState>({ status: "unknown" });

/** Whether the page asks for the password once more, before something that needs it. */
export const confirming = new Held<"no" | "asking" | "confirmed" | "refused">("no");

/** Whether requests may be sent with hope: nobody has been found to be signed out. */
export function isSignedIn({ status }: SessionState): boolean {
  return status !== "out" && status !== "ended";
}

export function useSessionState(): SessionState {
  return useSyncExternalStore(sessionState.subscribe, sessionState.get);
}

export function useConfirming(): boolean {
  return useSyncExternalStore(confirming.subscribe, confirming.get) === "asking";
}

/** The session that the page is drawn for, also after it ended; undefined where nobody is signed in. */
export function useSession(): Session | undefined {
  const state = useSessionState();
  return "session" in state ? state.session : undefined;
}

/** The workspaces that somebody is a member of; an admin is told of others, too. */
export function ownWorkspaces({ workspaces }: Session): Membership[] {
  return workspaces.filter((workspace): workspace is Membership => Boolean(workspace.role));
}

type Membership = Workspace & { role: WorkspaceRole };

/** What the person at this page may do, in the workspace of this page and on the server. */
export interface Rights {
  /** The role in this workspace; undefined for who is no member. */
  role: WorkspaceRole | undefined;
  /** Change cards and cases, start and stop runs. */
  edit: boolean;
  /** Members, and the models of model servers. */
  own: boolean;
  /** The server: accounts, workspaces, health, audit. */
  admin: boolean;
}

export function rightsOf(state: SessionState): Rights {
  if (!("session" in state)) return { role: undefined, edit: false, own: false, admin: false };
  const role = state.session.workspaces.find(({ slug }) => slug === WORKSPACE.ws)?.role ?? undefined;
  const admin = state.session.user.role === "admin";
  return { role, edit: role === "owner" || role === "editor", own: role === "owner" || admin, admin };
}

export function useRights(): Rights {
  return rightsOf(useSessionState());
}
