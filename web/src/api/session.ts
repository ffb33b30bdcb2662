// Begins, reads and ends the session of this page.
import { client, read } from "./client";
import { ProblemError } from "./problem";
import { forgetCsrf, hearTabs, renew, sendBare, tellTabs } from "./send";
import { confirming, sessionState } from "./sessionState";
import type { Session } from "./types";
import { leave } from "./workspace";

/** Asks once whose page this is; from then on other tabs are heard. */
export async function startSession(): Promise<void> {
  hearTabs(() => void loadSession());
  await loadSession();
}

/** Reads whose page this is. */
export async function loadSession(): Promise<void> {
  try {
    signedIn(await readSession());
  } catch (error) {
    const status = error instanceof ProblemError ? error.problem.status : undefined;
    const before = sessionState.get();
    // Somebody is at work here: the next request says what is the matter.
    if ("session" in before) return;
    if (status === 401) sessionState.set({ status: "out" });
    else sessionState.set({ status: "failed", error });
  }
}

declare global {
  interface Window {
    /** What public/ahead.js has asked for while this script still came; null: it is too late for that. */
    sessionAhead?: Promise<Response> | null;
  }
}

async function readSession(): Promise<Session> {
  return renewing(() =>
    read(client.GET("/api/v1/session", { fetch: (request) => takeAhead() ?? sendBare(request) })),
  );
}

function takeAhead(): Promise<Response> | undefined {
  const { sessionAhead } = window;
  window.sessionAhead = null;
  return sessionAhead ?? undefined;
}

/** Asks, and once more with another access token. */
async function renewing<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isSignedOut(error) || (await renew()) !== "renewed") throw error;
    return ask();
  }
}

function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 401;
}

function signedIn(session: Session): void {
  const before = sessionState.get();
  if ("session" in before && before.session.user.id !== session.user.id) {
    leave.to("/");
    return;
  }
  sessionState.set({ status: "in", session });
}

export interface Credentials {
  name: string;
  password: string;
  code?: string;
  remember?: boolean;
}

/** Signs in. What waited for it goes on. */
export async function signIn(credentials: Credentials): Promise<void> {
  await read(client.POST("/api/v1/session", { body: credentials, fetch: sendBare }));
  await entered();
}

/** After the server has given this browser a session. */
export async function entered(): Promise<void> {
  forgetCsrf();
  const session = await readSession();
  tellTabs({ kind: "in", user: session.user.id });
  signedIn(session);
}

/** Signs out, here and in all tabs, and leaves nothing of the page behind. */
export async function signOut(): Promise<void> {
  try {
    await renewing(() => read(client.DELETE("/api/v1/session", { fetch: sendBare })));
  } catch (error) {
    if (!isSignedOut(error)) throw error;
  }
  forgetSession();
  tellTabs({ kind: "out" });
  leave.to("/");
}

/** Puts off signing in again: the page may be read on, and says that nobody is signed in. */
export function putOff(): void {
  const state = sessionState.get();
  if (state.status === "ended") sessionState.set({ ...state, asking: false });
}

/** Asks again for what was put off. */
export function askToSignIn(): void {
  const state = sessionState.get();
  if (state.status === "ended") sessionState.set({ ...state, asking: true });
}

/** Proves once more who is at the page. What waited for it goes on. */
export async function confirmPassword(password: string, code?: string): Promise<void> {
  await read(
    client.POST("/api/v1/session/confirm", {
      body: { password, ...(code ? { code } : {}) },
      fetch: sendBare,
    }),
  );
  confirming.set("confirmed");
}

export function refuseConfirmation(): void {
  confirming.set("refused");
}

/** As before the page was loaded. */
export function forgetSession(): void {
  forgetCsrf();
  confirming.set("no");
  sessionState.set({ status: "unknown" });
}
