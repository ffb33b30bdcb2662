import { Toast } from "@base-ui/react/toast";
import { useHotkeys } from "@/lib/hotkeys";
import { buttonClass, Kbd } from "./Button";
import { Icon } from "./Icon";
import { VerdictMark } from "./Verdict";

interface Options {
  /** Takes back what the toast reports. */
  undo?: () => void;
  /** What may be done next, by its name. */
  action?: { label: string; run: () => void };
  failed?: boolean;
}

interface Data extends Options {
  run?: () => void;
}

const manager = Toast.createToastManager<Data>();
const UNDO_MS = 10_000;

/** Says in one sentence what happened; may offer to take it back. */
export function toast(text: string, options: Options = {}): void {
  const id = manager.add({
    title: text,
    timeout: options.failed ? 0 : UNDO_MS,
    priority: options.failed ? "high" : "low",
    data: {
      ...options,
      run: () => {
        manager.close(id);
        (options.undo ?? options.action?.run)?.();
      },
    },
  });
}

/** Says that something was not done. Stays until it is dismissed. */
export function toastFailure(text: string, retry?: () => void): void {
  toast(text, { failed: true, ...(retry ? { action: { label: "Try again", run: retry } } : {}) });
}

/** Where toasts appear: above every layer, so that undo stays in reach. */
export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager<Data>();
  useHotkeys({ z: () => toasts.find(({ data }) => data?.undo)?.data?.run?.() });
  return toasts.map((item) => (
    <Toast.Root key={item.id} toast={item} className="toast" swipeDirection="right">
      <Toast.Content className="toast__content">
        {item.data?.failed && <VerdictMark mark="error" />}
        <Toast.Title render={<p />} />
        {(item.data?.undo ?? item.data?.action) && (
          <Toast.Action className={buttonClass("quiet")} onClick={item.data?.run}>
            {item.data?.undo ? (
              <>
                <Icon name="undo" />
                Undo
                <Kbd>Z</Kbd>
              </>
            ) : (
              item.data?.action?.label
            )}
          </Toast.Action>
        )}
        <Toast.Close className={buttonClass("quiet", true)} aria-label="Dismiss" title="Dismiss">
          <Icon name="x" />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
