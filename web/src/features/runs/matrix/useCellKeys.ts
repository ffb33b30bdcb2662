import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";
import { useHotkeys } from "@/lib/hotkeys";

interface Place {
  index: number;
  column: number;
}

const STEPS: Record<string, [rows: number, columns: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

const LEAPS = ["PageUp", "PageDown", "Home", "End"] as const;

/**
 * Arrow keys walk from cell to cell, also to rows that do not exist yet; `j` and `k` begin the walk. The keys that
 * leap are not left to the browser: it scrolls the cell that has the focus out of existence, and then does nothing.
 */
export function useCellKeys(
  region: RefObject<HTMLElement | null>,
  rows: number,
  columns: number,
  /** Whether `j` and `k` are free: an open cell has them for itself. */
  free: boolean,
  scrollTo: (index: number) => void,
): (event: KeyboardEvent) => void {
  const wanted = useRef<Place | null>(null);
  // The row may appear some frames after it was scrolled to.
  useEffect(() => {
    if (wanted.current && focusCell(region.current, wanted.current)) wanted.current = null;
  });
  function go(at: Place, [down, right]: [number, number]): void {
    // Keys may come faster than rows: one counts from where the last one leads.
    const from = wanted.current ?? at;
    const place = {
      index: Math.min(Math.max(from.index + down, 0), rows - 1),
      column: Math.min(Math.max(from.column + right, 0), columns - 1),
    };
    scrollTo(place.index);
    wanted.current = focusCell(region.current, place) ? null : place;
    // The cell that has the focus may go before that one comes, and the keys would go nowhere.
    if (wanted.current) region.current?.focus({ preventScroll: true });
  }
  function walk(step: [number, number], leap = false): void {
    const at = placeOf(document.activeElement);
    if (at) go(at, step);
    else {
      const first = placeOf(region.current?.querySelector("a[data-at]") ?? null);
      if (first) go(first, leap ? step : [0, 0]);
    }
  }
  function stepOf(key: string): [number, number] | undefined {
    if (key === "Home") return [-rows, 0];
    if (key === "End") return [rows, 0];
    if (key === "PageUp") return [-rowsInSight(region.current), 0];
    if (key === "PageDown") return [rowsInSight(region.current), 0];
    return STEPS[key];
  }
  const leaps = LEAPS.map((key) => [key, () => walk(stepOf(key) ?? [0, 0], true)]);
  useHotkeys(free ? { j: () => walk([1, 0]), k: () => walk([-1, 0]), ...Object.fromEntries(leaps) } : {});
  return (event) => {
    const step = stepOf(event.key);
    const at = placeOf(event.target as Element) ?? wanted.current;
    if (!step || !at || event.metaKey || event.ctrlKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    go(at, step);
  };
}

/** How far a page goes: one row less than is seen, so that the eye finds its place. */
function rowsInSight(region: HTMLElement | null): number {
  const row = region?.querySelector("tbody tr:has(a)")?.clientHeight;
  const head = region?.querySelector("thead")?.clientHeight ?? 0;
  if (!region || !row) return 1;
  return Math.max(Math.floor((Math.min(region.clientHeight, window.innerHeight) - head) / row) - 1, 1);
}

function placeOf(element: Element | null): Place | null {
  const at = element?.closest<HTMLElement>("a[data-at]")?.dataset.at;
  if (!at) return null;
  const [index = 0, column = 0] = at.split(":").map(Number);
  return { index, column };
}

function focusCell(region: HTMLElement | null, { index, column }: Place): boolean {
  const cell = region?.querySelector<HTMLElement>(`a[data-at="${index}:${column}"]`);
  cell?.focus({ preventScroll: true });
  return cell !== undefined && cell !== null;
}
