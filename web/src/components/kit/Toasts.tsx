import { Toast } from "@base-ui/react/toast";
import { useEffect } from "react";
import { useHotkeys } from "@/lib/hotkeys";
import { buttonClass, Kbd } from "../Button";
import { Icon } from "../Icon";
import type { ToastOptions } from "../toasts";
import { VerdictMark } from "../Verdict";

interface Data extends ToastOptions {
  run?: () => void;
}

const manager = Toast.createToastManager<Data>();
const UNDO_MS = 10_000;

export function showToast(text: string, options: ToastOptions): void {
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

export function Toasts({ onReady }: { onReady: (kit: { showToast: typeof showToast }) => void }) {
  // After the effects of what lies within: from here on the manager is heard.
  useEffect(() => onReady({ showToast }), [onReady]);
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
