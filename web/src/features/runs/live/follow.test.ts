import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RunEvent } from "./events";
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
    const stop = follow((event) => seen.push(event.number));
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
    follow((event) => seen.push(`${event.name} ${event.number}`));
    FakeSource.all[0]?.send("resync", { after: 900 });
    FakeSource.all[0]?.send("cell_finished", finished(899));
    FakeSource.all[0]?.send("cell_finished", finished(901));
    expect(seen).toEqual(["resync 900", "cell_finished 901"]);
  });
});
