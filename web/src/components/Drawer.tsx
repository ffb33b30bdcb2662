import { type ReactNode, useEffect, useRef } from "react";
import { useHotkeys } from "@/lib/hotkeys";
import { IconButton } from "./Button";

/**
 * Stands beside a list without a scrim; on a phone it is a page. Its place in the layout is the parent's business.
 * Takes the focus when it opens and gives it back when it closes; Esc closes.
 */
export function Drawer({
  title,
  head,
  foot,
  onClose,
  children,
}: {
  title: ReactNode;
  /** Controls between the title and the closing cross. */
  head?: ReactNode;
  foot?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}) {
  const drawer = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    drawer.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  useHotkeys({ Escape: onClose });
  return (
    <aside className="drawer" ref={drawer} tabIndex={-1} aria-labelledby="drawer-title">
      <div className="drawer__head">
        <h2 id="drawer-title">{title}</h2>
        <span className="push line line--tight">
          {head}
          <IconButton icon="x" label="Close" onClick={onClose} />
        </span>
      </div>
      <div className="drawer__body">{children}</div>
      {foot && <div className="drawer__foot">{foot}</div>}
    </aside>
  );
}
