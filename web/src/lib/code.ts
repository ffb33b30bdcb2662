import { useSyncExternalStore } from "react";

// Which parts of the page's own code did not come. A banner over the page says so.
let missing: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function set(part: string, isMissing: boolean): void {
  if (missing.has(part) === isMissing) return;
  const next = new Set(missing);
  if (isMissing) next.add(part);
  else next.delete(part);
  missing = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A part of the page did not come: the network is away, or the server has another page by now. */
export class CodeMissingError extends Error {
  constructor() {
    super("A part of this page did not come. Nothing that was saved is lost. Reload the page to get it.");
    this.name = "CodeMissingError";
  }
}

/** Loads a part of the page and keeps in mind whether it came. */
export async function part<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    const loaded = await load();
    set(name, false);
    return loaded;
  } catch {
    set(name, true);
    throw new CodeMissingError();
  }
}

/** Whether a part of the page did not come, or any if none is named. */
export function useCodeMissing(name?: string): boolean {
  return useSyncExternalStore(subscribe, () => (name === undefined ? missing.size > 0 : missing.has(name)));
}

/** Reloads the page if the server answers; otherwise the page would be gone. Says whether it does. */
export async function reload(): Promise<boolean> {
  try {
    await fetch("/livez", { cache: "no-store" });
  } catch {
    return false;
  }
  window.location.reload();
  return true;
}
