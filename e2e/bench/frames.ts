// What a page does while somebody scrolls: the time between its frames, and what its tasks cost.
import type { Browser, Page } from "@playwright/test";

/** A frame that is late by no more than this is the clock's own unrest. */
const UNREST_MS = 1;
export const LIMIT_MS = 50;

export interface Frames {
  /** Milliseconds from each frame to the next, as they came on this machine. */
  deltas: number[];
  /** Milliseconds of processor time of the dearest task: what a frame costs, whoever else is at work. */
  dearest: number;
}

/** Records the frames of a page while something is done to it. */
export async function framesOf(browser: Browser, page: Page, act: () => Promise<void>): Promise<Frames> {
  const recorder = await page.evaluateHandle(() => {
    const deltas: number[] = [];
    let last: number | undefined;
    let frame = requestAnimationFrame(function next(now) {
      if (last !== undefined) deltas.push(now - last);
      last = now;
      frame = requestAnimationFrame(next);
    });
    return {
      stop() {
        cancelAnimationFrame(frame);
        return deltas;
      },
    };
  });
  await browser.startTracing(page, { categories: ["toplevel"] });
  await act();
  const trace = await browser.stopTracing();
  return { deltas: await recorder.evaluate((running) => running.stop()), dearest: dearestTask(trace) };
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds of processor time. */
  tdur?: number;
  args: { name?: string };
}

function dearestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const costs = traceEvents
    .filter(({ pid, tid, ph, name }) => ph === "X" && name.endsWith("RunTask") && threads.has(`${pid} ${tid}`))
    .map(({ tdur = 0 }) => tdur / 1_000);
  return costs.reduce((most, cost) => Math.max(most, cost), 0);
}

export function late({ deltas }: Pick<Frames, "deltas">): number {
  return deltas.filter((ms) => ms > LIMIT_MS + UNREST_MS).length;
}

export function worst({ deltas }: Pick<Frames, "deltas">): number {
  return Math.max(...deltas);
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(share * (values.length - 1))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
