import { type ReactNode, useEffect, useState } from "react";
import { IconButton } from "./Button";
import type { IconName } from "./Icon";
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
  useEffect(() => {
    if (props.open) fetchKit();
  }, [props.open]);
  return kit && <kit.Dialog {...props} />;
}

export interface MenuItem {
  label: string;
  icon?: IconName;
  keys?: string;
  onSelect: () => void;
  disabled?: boolean;
}

export interface MenuProps {
  label: string;
  icon?: IconName;
  items: MenuItem[];
}

/** A button that opens a list of things to do. */
export function Menu(props: MenuProps) {
  const { kit, clicked, trigger } = useTrigger(props.label, props.icon ?? "more");
  return kit ? <kit.Menu {...props} clicked={clicked} /> : trigger;
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
  const { kit, clicked, trigger } = useTrigger(props.label, props.icon);
  return kit ? <kit.ChoiceMenu {...props} clicked={clicked} /> : trigger;
}

/** Stands where a menu will be until it is clicked; nothing changes under a pointer that only passes. */
function useTrigger(label: string, icon: IconName) {
  const kit = useKit();
  const [early] = useState(kit === undefined);
  const [clicked, setClicked] = useState(false);
  function open() {
    fetchKit();
    setClicked(true);
  }
  const trigger = (
    <IconButton
      icon={icon}
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
  return { kit: early && !clicked ? undefined : kit, clicked, trigger };
}
