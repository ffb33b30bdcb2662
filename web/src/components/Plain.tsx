import type { ReactNode } from "react";
import { IconButton } from "./Button";

/** The browser's own dialog, for what the component kit would show if it had come. */
export function PlainDialog({
  title,
  children,
  actions,
  onClose,
}: {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  onClose: () => void;
}) {
  return (
    <dialog
      className="dialog dialog--plain"
      aria-label={title}
      data-modal
      ref={(element) => {
        if (element && !element.open) element.showModal();
      }}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog__head">
        <h2>{title}</h2>
        <IconButton icon="x" label="Close" onClick={onClose} />
      </div>
      <div className="dialog__body">{children}</div>
      {actions && <div className="dialog__foot">{actions}</div>}
    </dialog>
  );
}

/** The choices of a menu as buttons. */
export function PlainMenu({
  label,
  items,
  onClose,
}: {
  label: string;
  items: { label: string; onSelect: () => void; disabled?: boolean; chosen?: boolean }[];
  onClose: () => void;
}) {
  return (
    <PlainDialog title={label} onClose={onClose}>
      {items.map((item) => (
        <button
          type="button"
          key={item.label}
          className="menu__item"
          disabled={item.disabled ?? false}
          aria-pressed={item.chosen}
          onClick={() => {
            onClose();
            item.onSelect();
          }}
        >
          {item.label}
        </button>
      ))}
    </PlainDialog>
  );
}
