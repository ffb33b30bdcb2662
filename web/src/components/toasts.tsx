import { fetchKit, useKit } from "./useKit";

export interface ToastOptions {
  /** Takes back what the toast reports. */
  undo?: () => void;
  /** What may be done next, by its name. */
  action?: { label: string; run: () => void };
  failed?: boolean;
}

type Show = (text: string, options: ToastOptions) => void;

/** What is said before there is a place for it. */
const early: Parameters<Show>[] = [];
let show: Show = (...said) => {
  early.push(said);
  fetchKit();
};

/** Says in one sentence what happened; may offer to take it back. */
export function toast(text: string, options: ToastOptions = {}): void {
  show(text, options);
}

/** Says that something was not done. Stays until it is dismissed. */
export function toastFailure(text: string, retry?: () => void): void {
  toast(text, { failed: true, ...(retry ? { action: { label: "Try again", run: retry } } : {}) });
}

function showFrom(kit: { showToast: Show }): void {
  show = kit.showToast;
  for (const said of early.splice(0)) show(...said);
}

/** Where toasts appear: above every layer, so that undo stays in reach. */
export function Toasts() {
  const kit = useKit();
  return kit && <kit.Toasts onReady={showFrom} />;
}
