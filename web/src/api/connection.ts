import { useSyncExternalStore } from "react";

// Whether the last request got an answer. The banner over the page shows it.
let answering = true;
const listeners = new Set<() => void>();

export function setAnswering(value: boolean): void {
  if (answering === value) return;
  answering = value;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** False from the first request without an answer until the next one that has one. */
export function useAnswering(): boolean {
  return useSyncExternalStore(subscribe, () => answering);
}

/** Asks the server for a sign of life. */
export async function askWhetherAnswering(): Promise<void> {
  try {
    await fetch("/livez", { cache: "no-store" });
    setAnswering(true);
  } catch {
    setAnswering(false);
  }
}
