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

/** Arrow keys walk from cell to cell, also to rows that do not exist yet; `j` and `k` begin the walk. */
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
  function go(from: Place, [down, right]: [number, number]): void {
    const place = {
      index: Math.min(Math.max(from.index + down, 0), rows - 1),
      column: Math.min(Math.max(from.column + right, 0), columns - 1),
    };
    scrollTo(place.index);
    wanted.current = focusCell(region.current, place) ? null : place;
  }
  function walk(step: [number, number]): void {
    const at = placeOf(document.activeElement);
    if (at) go(at, step);
    else {
      const first = placeOf(region.current?.querySelector("a[data-at]") ?? null);
      if (first) go(first, [0, 0]);
    }
  }
  useHotkeys(free ? { j: () => walk([1, 0]), k: () => walk([-1, 0]) } : {});
  return (event) => {
    const step = STEPS[event.key];
    const at = placeOf(event.target as Element);
    if (!step || !at || event.metaKey || event.ctrlKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    go(at, step);
  };
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
