import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

export type ButtonKind = "default" | "primary" | "quiet" | "danger" | "danger-solid";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: ButtonKind;
  icon?: IconName;
  /** The key that does the same, shown where there is a keyboard. */
  keys?: string;
  /** The work has begun: the button turns its ring and takes no second click. */
  busy?: boolean;
  children: ReactNode;
}

export function buttonClass(kind: ButtonKind = "default", icon = false): string {
  return `btn${kind === "default" ? "" : ` btn--${kind}`}${icon ? " btn--icon" : ""}`;
}

export function Button({ kind, icon, keys, busy = false, children, className, onClick, ...rest }: Props) {
  return (
    <button
      type="button"
      className={`${buttonClass(kind)}${className ? ` ${className}` : ""}`}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {busy ? <Icon name="live" /> : icon && <Icon name={icon} />}
      {children}
      {keys && <Kbd>{keys}</Kbd>}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  icon: IconName;
  /** What it shows instead of the icon. */
  drawn?: ReactNode;
  /** What it does; read out, and shown on hover. */
  label: string;
  kind?: ButtonKind;
}

export function IconButton({ icon, drawn, label, kind = "quiet", ...rest }: IconButtonProps) {
  return (
    <button type="button" className={buttonClass(kind, true)} aria-label={label} title={label} {...rest}>
      {drawn ?? <Icon name={icon} />}
    </button>
  );
}

/** A key, for the eye only: controls are named without it. */
export function Kbd({ children }: { children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a kbd takes no focus
    <kbd className="kbd" aria-hidden="true">
      {children}
    </kbd>
  );
}
