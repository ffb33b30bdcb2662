import { useEffect, useRef } from "react";

/** Keys by name: `mod+k` (⌘ or Ctrl), `?`, `/`, `g c` (one after the other). */
export type Hotkeys = Record<string, (event: KeyboardEvent) => void>;

const SEQUENCE_MS = 1000;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest("input, textarea, select, [role=textbox]") !== null;
}

function isCovered(): boolean {
  return document.querySelector("[role=dialog][data-modal], [role=menu], [role=alertdialog]") !== null;
}

/** Listens on the whole page. Plain keys rest while somebody types or a dialog is open; `mod+` keys do not. */
export function useHotkeys(hotkeys: Hotkeys): void {
  const current = useRef(hotkeys);
  useEffect(() => {
    current.current = hotkeys;
  });
  useEffect(() => {
    let first = "";
    let at = 0;
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented || event.isComposing || event.altKey) return;
      const mod = event.metaKey || event.ctrlKey;
      if (!mod && (isTyping(event.target) || isCovered())) return;
      const key = mod ? `mod+${event.key.toLowerCase()}` : event.key;
      const pair = event.timeStamp - at < SEQUENCE_MS ? `${first} ${key}` : key;
      first = key;
      at = event.timeStamp;
      const action = current.current[pair] ?? current.current[key];
      if (!action) return;
      event.preventDefault();
      first = "";
      action(event);
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}

/** How the key that starts a shortcut is called on this machine. */
export const MOD_KEY = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl ";
