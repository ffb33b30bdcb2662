import { useSyncExternalStore } from "react";
import { useCodeMissing } from "@/lib/code";
import { Button, IconButton } from "./Button";
import { fetchKit, useKit } from "./useKit";

export interface ToastOptions {
  /** Takes back what the toast reports. */
  undo?: () => void;
  /** What may be done next, by its name. */
  action?: { label: string; run: () => void };
  failed?: boolean;
}

type Show = (text: string, options: ToastOptions) => void;

interface Said {
  text: string;
  options: ToastOptions;
}

/** What is said before there is a place for it. */
let early: readonly Said[] = [];
const listeners = new Set<() => void>();

function setEarly(next: readonly Said[]): void {
  early = next;
  for (const listener of listeners) listener();
}

let show: Show = (text, options) => {
  setEarly([...early, { text, options }]);
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
  const waiting = early;
  setEarly([]);
  for (const { text, options } of waiting) show(text, options);
}

/** Where toasts appear: above every layer, so that undo stays in reach. */
export function Toasts() {
  const kit = useKit();
  const missing = useCodeMissing("kit");
  if (kit) return <kit.Toasts onReady={showFrom} />;
  return missing && <PlainToasts />;
}

/** The same without the kit: each stays until it is dismissed. */
function PlainToasts() {
  const waiting = useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => early,
  );
  return (
    <div className="toasts" role="status">
      {waiting.map((said) => {
        const { undo, action } = said.options;
        const run = undo ?? action?.run;
        const dismiss = () => setEarly(early.filter((other) => other !== said));
        return (
          <div className="toast toast--plain" key={said.text}>
            <p>{said.text}</p>
            {run && (
              <Button
                kind="quiet"
                onClick={() => {
                  dismiss();
                  run();
                }}
              >
                {undo ? "Undo" : action?.label}
              </Button>
            )}
            <IconButton icon="x" label="Dismiss" onClick={dismiss} />
          </div>
        );
      })}
    </div>
  );
}
