// The component kit comes a moment after the page, or when somebody is about to open a layer.
import { useEffect, useSyncExternalStore } from "react";
import { part } from "@/lib/code";

type Kit = typeof import("./kit");

/** By then the first rows of a page are there. */
const SOON_MS = 1_000;
const AGAIN_MS = 3_000;

let kit: Kit | undefined;
let asked = false;
const waiting = new Set<() => void>();

/** Has the kit come, once. While it does not come, which the page says elsewhere, it is asked for again. */
export function fetchKit(): void {
  if (asked) return;
  asked = true;
  part("kit", () => import("./kit")).then(
    (loaded) => {
      kit = loaded;
      for (const arrived of waiting) arrived();
    },
    () => {
      asked = false;
      setTimeout(fetchKit, AGAIN_MS);
    },
  );
}

/** The kit, once it is there. */
export function useKit(): Kit | undefined {
  return useSyncExternalStore(
    (arrived) => {
      waiting.add(arrived);
      return () => waiting.delete(arrived);
    },
    () => kit,
  );
}

/** For the frame of all pages: has the kit come when the page is drawn, while the server still answers. */
export function useKitSoon(): void {
  useEffect(() => {
    const timer = setTimeout(fetchKit, SOON_MS);
    return () => clearTimeout(timer);
  }, []);
}
