import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProviderWait } from "@/api/types";
import { isNumbered, type RunEvent } from "./events";
import { followRun } from "./follow";

/** The browser's side of a stream, driven by hand. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readonly url: string;
  readyState = 1;

  constructor(url: string) {
    super();
    this.url = url;
    FakeSource.all.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  send(name: string, data: object): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  }

  fail(readyState: number): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }
}

function follow(onEvent: (event: RunEvent) => void, onLost = () => undefined) {
  return followRun({ address: "/events", after: 5, onEvent, onLost, onGap: () => undefined });
}

const numberOf = (event: RunEvent) => (isNumbered(event) ? event.number : 0);

/** As the browser's own, which never hears itself, within a test. */
class FakeChannel {
  static all: FakeChannel[] = [];
  onmessage: ((event: { data: unknown }) => void) | undefined;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    FakeChannel.all.push(this);
  }

  postMessage(data: unknown): void {
    for (const other of FakeChannel.all) {
      if (other !== this && other.name === this.name) other.onmessage?.({ data });
    }
  }

  close(): void {
    FakeChannel.all = FakeChannel.all.filter((other) => other !== this);
  }
}

const finished = (number: number) => ({ number, cell: { position: number }, column: {} });

describe("following a run", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("EventSource", FakeSource);
    FakeSource.all = [];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("begins after the last event that is known and hands out each event once", () => {
    const seen: number[] = [];
    const stop = follow((event) => seen.push(numberOf(event)));
    const [source] = FakeSource.all;
    expect(source?.url).toBe("/events?after=5");
    for (const number of [5, 6, 7, 6, 7, 8]) source?.send("cell_finished", finished(number));
    expect(seen).toEqual([6, 7, 8]);
    stop();
    expect(source?.readyState).toBe(FakeSource.CLOSED);
  });

  it("opens the stream again after the last event where the browser gives up", () => {
    const lost = vi.fn();
    const stop = follow(() => undefined, lost);
    FakeSource.all[0]?.send("cell_finished", finished(9));
    FakeSource.all[0]?.fail(0);
    expect(lost).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(5_000);
    expect(FakeSource.all).toHaveLength(1);
    FakeSource.all[0]?.fail(FakeSource.CLOSED);
    vi.advanceTimersByTime(1_000);
    expect(FakeSource.all.map(({ url }) => url)).toEqual(["/events?after=5", "/events?after=9"]);
    stop();
    FakeSource.all[1]?.fail(FakeSource.CLOSED);
    vi.advanceTimersByTime(5_000);
    expect(FakeSource.all).toHaveLength(2);
  });

  it("hands out a resync and goes on from its number", () => {
    const seen: string[] = [];
    follow((event) => seen.push(`${event.name} ${numberOf(event)}`));
    FakeSource.all[0]?.send("resync", { after: 900 });
    FakeSource.all[0]?.send("cell_finished", finished(899));
    FakeSource.all[0]?.send("cell_finished", finished(901));
    expect(seen).toEqual(["resync 900", "cell_finished 901"]);
  });

  const waits = [{ provider: "ollama" } as ProviderWait];

  it("hands out what has no number each time, and counts on as if it had not come", () => {
    const seen: RunEvent[] = [];
    const stop = follow((event) => seen.push(event));
    const [source] = FakeSource.all;
    source?.send("provider_waits", { waits });
    source?.send("cell_finished", finished(6));
    source?.send("provider_waits", { waits: [] });
    source?.send("provider_waits", { waits: [] });
    source?.send("cell_finished", finished(6));
    source?.send("cell_finished", finished(7));
    expect(seen.map(({ name }) => name)).toEqual([
      "provider_waits",
      "cell_finished",
      "provider_waits",
      "provider_waits",
      "cell_finished",
    ]);
    expect(seen[0]).toEqual({ name: "provider_waits", waits });
    // The stream is opened again after the last number, not after what has none.
    source?.send("provider_waits", { waits });
    source?.fail(FakeSource.CLOSED);
    vi.advanceTimersByTime(1_000);
    expect(FakeSource.all.at(-1)?.url).toBe("/events?after=7");
    stop();
  });

  it("passes what has no number on to the other tabs, and that the stream was opened again", () => {
    vi.stubGlobal("BroadcastChannel", FakeChannel);
    FakeChannel.all = [];
    let leads = true;
    const request = async (_: string, __: object, hold: () => Promise<void>) => {
      if (!leads) return new Promise<void>(() => undefined);
      leads = false;
      return hold();
    };
    Object.defineProperty(navigator, "locks", { value: { request }, configurable: true });
    try {
      const seen = [[], []] as string[][];
      const stops = seen.map((own) => follow((event) => own.push(`${event.name} ${numberOf(event)}`)));
      expect(FakeSource.all).toHaveLength(1);
      const [source] = FakeSource.all;
      source?.dispatchEvent(new Event("open"));
      source?.send("provider_waits", { waits });
      source?.send("cell_finished", finished(6));
      source?.dispatchEvent(new Event("open"));
      source?.send("cell_finished", finished(7));
      const all = ["opened 0", "provider_waits 0", "cell_finished 6", "opened 0", "cell_finished 7"];
      expect(seen).toEqual([all, all]);
      for (const stop of stops) stop();
    } finally {
      Reflect.deleteProperty(navigator, "locks");
    }
  });
});
