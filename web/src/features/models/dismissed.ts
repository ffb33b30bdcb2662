import { useState } from "react";

const KEY = "dismissed-pulls";
/** Ids that are remembered: the server forgets ended pulls too. */
const AT_MOST = 100;

/** Ended pulls that this tab shows no more, also after a reload, and how to add one. */
export function useDismissedPulls(): [readonly string[], (pull: string) => void] {
  const [dismissed, setDismissed] = useState(stored);
  function dismiss(pull: string) {
    const next = [...dismissed, pull].slice(-AT_MOST);
    setDismissed(next);
    try {
      sessionStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // Without storage it is remembered until the reload.
    }
  }
  return [dismissed, dismiss];
}

function stored(): string[] {
  try {
    const ids: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}
