import { type ReactNode, useEffect, useRef, useState } from "react";
import { useCodeMissing } from "@/lib/code";
import { IconButton } from "./Button";
import type { IconName } from "./Icon";
import { PlainDialog, PlainMenu } from "./Plain";
import { fetchKit, useKit } from "./useKit";

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
}

/** Over the page, with a scrim: only for what has to be finished or left before going on. */
export function Dialog(props: DialogProps) {
  const kit = useKit();
  const missing = useCodeMissing("kit");
  // A plain one stays until it is closed: what was typed in it would go with it.
  const plain = useRef(false);
  plain.current = props.open && (plain.current || (missing && !kit));
  useEffect(() => {
    if (props.open) fetchKit();
  }, [props.open]);
  if (plain.current) return <PlainDialog {...props} />;
  return kit && <kit.Dialog {...props} />;
}

export interface MenuItem {
  label: string;
  icon?: IconName;
  keys?: string;
  onSelect: () => void;
  disabled?: boolean;
  /** A line stands above it. */
  apart?: boolean;
  /** It is there only where the page is narrow. */
  narrow?: boolean;
}

export interface MenuProps {
  label: string;
  icon?: IconName;
  /** What the button shows; else the icon. */
  trigger?: ReactNode;
  /** Stands above the items. */
  head?: ReactNode;
  items: MenuItem[];
}

/** A button that opens a list of things to do. */
export function Menu(props: MenuProps) {
  const { kit, clicked, plain, trigger, close } = useTrigger(
    props.label,
    props.icon ?? "more",
    props.trigger,
  );
  if (kit) return <kit.Menu {...props} clicked={clicked} />;
  return (
    <>
      {trigger}
      {plain && <PlainMenu label={props.label} items={props.items} onClose={close} />}
    </>
  );
}

export interface ChoiceMenuProps<T extends string> {
  label: string;
  icon: IconName;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}

/** A button that opens a choice of one. */
export function ChoiceMenu<T extends string>(props: ChoiceMenuProps<T>) {
  const { kit, clicked, plain, trigger, close } = useTrigger(props.label, props.icon);
  if (kit) return <kit.ChoiceMenu {...props} clicked={clicked} />;
  const items = props.options.map(({ label, value }) => ({
    label,
    chosen: value === props.value,
    onSelect: () => props.onChange(value),
  }));
  return (
    <>
      {trigger}
      {plain && <PlainMenu label={props.label} items={items} onClose={close} />}
    </>
  );
}

/** Stands where a menu will be until it is clicked; nothing changes under a pointer that only passes. */
function useTrigger(label: string, icon: IconName, drawn?: ReactNode) {
  const kit = useKit();
  const missing = useCodeMissing("kit");
  const [early] = useState(kit === undefined);
  const [clicked, setClicked] = useState(false);
  function open() {
    fetchKit();
    setClicked(true);
  }
  const trigger = (
    <IconButton
      icon={icon}
      drawn={drawn}
      label={label}
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={fetchKit}
      onFocus={fetchKit}
      onClick={open}
      onKeyDown={(event) => {
        if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
        event.preventDefault();
        open();
      }}
    />
  );
  const plain = clicked && missing && !kit;
  return {
    kit: early && !clicked ? undefined : kit,
    clicked,
    plain,
    trigger,
    close: () => setClicked(false),
  };
}
