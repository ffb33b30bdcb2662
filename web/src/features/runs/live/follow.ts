import { isSignedIn, sessionState } from "@/api/sessionState";
import { EVENT_NAMES, isNumbered, parseEvent, type RawEvent, type RunEvent } from "./events";

const REOPEN_MS = 1_000;

interface Options {
  /** Address of the stream; `?after=N` is added to it. */
  address: string;
  /** Number of the last event that the page knows. */
  after: number;
  onEvent: (event: RunEvent) => void;
  /** The connection broke. It is opened again by itself, and nothing is missed. */
  onLost: () => void;
  /** Events may have been missed without a trace: read everything again. */
  onGap: () => void;
}

/**
 * Follows a run until the returned function is called. Each event that has a number is handed out once, in order.
 *
 * HTTP/1.1 allows six connections to a server, so the tabs of a browser share one stream a run: whoever holds the
 * lock reads it and passes every event on. When that tab closes, the lock goes to the next one, which opens the
 * stream after the last event that it has seen itself; a hand-over therefore neither loses nor repeats one. Where
 * the browser has no locks (a page that did not come over TLS or loopback), each tab has a stream of its own.
 */
export function followRun({ address, after, onEvent, onLost, onGap }: Options): () => void {
  let last = after;
  const stop = new AbortController();
  function take(raw: RawEvent): void {
    const event = parseEvent(raw);
    if (isNumbered(event)) {
      if (event.number < last || (event.number === last && event.name !== "resync")) return;
      last = event.number;
    }
    onEvent(event);
  }
  const read = (tell: (raw: RawEvent) => void) =>
    readStream(
      () => `${address}?after=${last}`,
      (raw) => {
        take(raw);
        tell(raw);
      },
      onLost,
      stop.signal,
    );
  if (!("locks" in navigator) || typeof BroadcastChannel === "undefined") {
    read(() => undefined);
    return () => stop.abort();
  }
  const channel = new BroadcastChannel(address);
  channel.onmessage = ({ data }: MessageEvent<RawEvent>) => take(data);
  navigator.locks
    .request(address, { signal: stop.signal }, () => {
      read((raw) => channel.postMessage(raw));
      return new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
    })
    .catch(() => undefined); // Given up while it waited for the lock: the page is left.
  // A page that was frozen, or put aside by the back button, heard nothing in the meantime.
  const thawed = (event: Event) => {
    if (event.type === "resume" || (event as PageTransitionEvent).persisted) onGap();
  };
  document.addEventListener("resume", thawed, { signal: stop.signal });
  window.addEventListener("pageshow", thawed, { signal: stop.signal });
  return () => {
    stop.abort();
    channel.close();
  };
}

/** One connection. The browser opens it again after most failures; where it gives up, we do. */
function readStream(
  address: () => string,
  take: (raw: RawEvent) => void,
  onLost: () => void,
  stop: AbortSignal,
): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource | undefined;
  function open(): void {
    source = new EventSource(address());
    source.addEventListener("open", () => take({ name: "opened", data: "" }));
    for (const name of EVENT_NAMES) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => take({ name, data }));
    }
    source.addEventListener("error", () => {
      if (stop.aborted) return;
      onLost();
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(reopen, REOPEN_MS);
    });
  }
  /** A session that has ended closes the stream; it is opened again once somebody is signed in. */
  function reopen(): void {
    if (isSignedIn(sessionState.get())) open();
    else sessionState.until((state) => isSignedIn(state) || undefined, stop).then(open, () => undefined);
  }
  if (stop.aborted) return;
  open();
  stop.addEventListener("abort", () => {
    clearTimeout(timer);
    source?.close();
  });
}
