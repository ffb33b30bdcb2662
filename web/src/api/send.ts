// Sends a request as the person who is signed in. What a session needs on the way is done here and not by those who
// ask: the token against forgery, another access token, the password once more, and signing in again.
import { confirming, sessionState } from "./sessionState";
import type { Session } from "./types";
import { leave } from "./workspace";

const LOCK = "promptcards session";
/** More remedies than that in a row help nobody. */
const REMEDIES = 6;

type News = { kind: "renewed" } | { kind: "in"; user: string } | { kind: "out" };

let csrf: Promise<string> | undefined;
let renewing: Promise<Renewal> | undefined;
let renewedAt = 0;

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(LOCK);

/** Tells the other tabs. */
export function tellTabs(news: News): void {
  channel?.postMessage(news);
}

/** Hears what other tabs did with the session that all of them share. */
export function hearTabs(onSignedIn: () => void): void {
  if (!channel) return;
  channel.onmessage = ({ data }: MessageEvent<News>) => {
    const state = sessionState.get();
    if (data.kind === "renewed") {
      renewedAt = Date.now();
    } else if (data.kind === "out") {
      if (state.status === "in") sessionState.set({ ...state, status: "ended", asking: true });
    } else {
      forgetCsrf();
      // What this tab shows belongs to somebody else by now.
      if ("session" in state && state.session.user.id !== data.user) leave.to("/");
      else onSignedIn();
    }
  };
}

export function forgetCsrf(): void {
  csrf = undefined;
}

/** Sends as it is, and adds only the token against forgery. For what signs in and out. */
export async function sendBare(request: Request): Promise<Response> {
  if (!isSafe(request)) {
    const token = await csrfToken();
    if (token) request.headers.set("X-CSRF-Token", token);
  }
  return globalThis.fetch(request);
}

/** Sends until it is answered with something that a session has nothing to do with. */
export async function send(request: Request): Promise<Response> {
  for (let remedies = 0; ; remedies += 1) {
    const sentAt = Date.now();
    const response = await sendBare(request.clone());
    if (remedies >= REMEDIES) return response;
    const remedied = await remedy(request, response, sentAt);
    if (remedied === "none") return response;
    leaveUnread(response);
    if (remedied !== "done") return remedied;
  }
}

/** Does what a refusal asks for: `done` if the request is to be sent again, or the answer that is final. */
async function remedy(
  request: Request,
  response: Response,
  sentAt: number,
): Promise<"done" | "none" | Response> {
  if (response.status === 401) {
    if (sentAt < renewedAt) return "done";
    const renewal = await renew();
    if (renewal === "renewed") return "done";
    if (renewal !== "ended") return renewal.clone();
    return (await signedInAgain(request)) ? "done" : "none";
  }
  if (response.status !== 403) return "none";
  const code = await codeOf(response);
  if (code === "csrf_failed") {
    forgetCsrf();
    await checkPerson();
    return "done";
  }
  // The hour of an admin is over: what is read now says so.
  if (code === "entry_required") await checkPerson();
  if (code === "confirmation_required") return (await confirmed(request)) ? "done" : "none";
  return "none";
}

async function codeOf(response: Response): Promise<string | undefined> {
  try {
    return ((await response.clone().json()) as { code?: string }).code;
  } catch {
    return undefined;
  }
}

/** What nobody reads would keep its connection for a while. */
function leaveUnread(response: Response): void {
  void response.body?.cancel();
}

function isSafe({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/** Undefined where there is no session. */
async function csrfToken(): Promise<string | undefined> {
  const { status } = sessionState.get();
  if (status === "out" || status === "ended") return undefined;
  csrf ??= readCsrf();
  try {
    return (await csrf) || undefined;
  } catch (error) {
    forgetCsrf();
    throw error;
  }
}

async function readCsrf(): Promise<string> {
  const response = await globalThis.fetch(
    new Request(new URL("/api/v1/session/csrf", window.location.origin)),
  );
  if (!response.ok) {
    // The request goes without, and its refusal says what is the matter.
    forgetCsrf();
    leaveUnread(response);
    return "";
  }
  return ((await response.json()) as { csrf_token: string }).csrf_token;
}

/** What is posted only because the question is long. The page asks it by itself while somebody types. */
const QUESTIONS = /\/(runs\/estimate|templates\/preview|assertions\/try)$/;

function changesSomething(request: Request): boolean {
  return !isSafe(request) && !QUESTIONS.test(new URL(request.url).pathname);
}

type Renewal = "renewed" | "ended" | Response;

/** Another access token for the refresh token: once for all requests that wait, and for all tabs. */
export function renew(): Promise<Renewal> {
  renewing ??= renewInTurn().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

async function renewInTurn(): Promise<Renewal> {
  if (!("locks" in navigator)) return renewNow();
  const mine = await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) =>
    lock ? renewNow() : undefined,
  );
  if (mine) return mine;
  // Another tab is at it. Its cookies are ours: once it is done, the request is tried again.
  await navigator.locks.request(LOCK, () => undefined);
  return "renewed";
}

async function renewNow(): Promise<Renewal> {
  let response = await askForRenewal();
  if (response.status === 403 && (await codeOf(response)) === "csrf_failed") {
    forgetCsrf();
    leaveUnread(response);
    response = await askForRenewal();
  }
  // Too many requests, or a server that is ill: the session may well live on.
  if (response.status === 429 || response.status >= 500) return response;
  leaveUnread(response);
  if (!response.ok) return "ended";
  renewedAt = Date.now();
  tellTabs({ kind: "renewed" });
  return "renewed";
}

function askForRenewal(): Promise<Response> {
  return sendBare(
    new Request(new URL("/api/v1/session/refresh", window.location.origin), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }),
  );
}

/** Waits until somebody has signed in; false if they put it off. */
function signedInAgain(request: Request): Promise<boolean> {
  const state = sessionState.get();
  // Put off is not refused: who wants to change something is asked again.
  if (state.status === "in" || (state.status === "ended" && changesSomething(request))) {
    sessionState.set({ ...state, status: "ended", asking: true });
  }
  return sessionState.until((now) => {
    if (now.status === "in") return true;
    return now.status === "ended" && !now.asking ? false : undefined;
  }, request.signal);
}

/** Asks for the password once more; several requests share one question. */
async function confirmed(request: Request): Promise<boolean> {
  if (confirming.get() !== "asking") confirming.set("asking");
  const answer = await confirming.until((now) => (now === "asking" ? undefined : now), request.signal);
  return answer === "confirmed";
}

/** Whose session it is now, and what it may do. Has somebody else signed in, what is here is not theirs to send. */
async function checkPerson(): Promise<void> {
  const state = sessionState.get();
  if (!("session" in state)) return;
  const response = await globalThis.fetch(new Request(new URL("/api/v1/session", window.location.origin)));
  if (!response.ok) return;
  const session = (await response.json()) as Session;
  if (session.user.id === state.session.user.id) {
    if (state.status === "in") sessionState.set({ ...state, session });
    return;
  }
  leave.to("/");
  await new Promise(() => undefined);
}
