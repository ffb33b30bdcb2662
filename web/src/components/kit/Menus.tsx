import { Menu as BaseMenu } from "@base-ui/react/menu";
import { Fragment, type ReactNode, useEffect, useRef, useState } from "react";
import { buttonClass, Kbd } from "../Button";
import { Icon, type IconName } from "../Icon";
import type { ChoiceMenuProps, MenuProps } from "../Layers";

interface Frame {
  label: string;
  icon: IconName;
  trigger?: ReactNode;
  /** It was clicked before there was a menu: the click is made up for. */
  clicked: boolean;
  narrow?: boolean;
  children: ReactNode;
}

function MenuFrame({ label, icon, trigger: drawn, clicked, narrow = false, children }: Frame) {
  const main = useMain();
  const trigger = useRef<HTMLButtonElement>(null);
  const due = useRef(clicked);
  useEffect(() => {
    if (!due.current) return;
    due.current = false;
    trigger.current?.focus();
    trigger.current?.click();
  }, []);
  return (
    <BaseMenu.Root modal={false}>
      <BaseMenu.Trigger ref={trigger} className={buttonClass("quiet", true)} aria-label={label} title={label}>
        {drawn ?? <Icon name={icon} />}
      </BaseMenu.Trigger>
      <BaseMenu.Portal container={main}>
        <BaseMenu.Positioner className="layer" align="end" sideOffset={4} positionMethod="fixed">
          <BaseMenu.Popup className={`menu${narrow ? " menu--narrow" : ""}`}>{children}</BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

/** The landmark that menus open in, so that they are part of the page to those who hear it. */
function useMain(): HTMLElement | null {
  const [main, setMain] = useState<HTMLElement | null>(null);
  useEffect(() => setMain(document.getElementById("main")), []);
  return main;
}

export function Menu({
  label,
  icon = "more",
  trigger,
  head,
  items,
  clicked,
}: MenuProps & { clicked: boolean }) {
  return (
    <MenuFrame label={label} icon={icon} trigger={trigger} clicked={clicked}>
      {head}
      {items.map((item) => (
        <Fragment key={item.label}>
          {item.apart && <BaseMenu.Separator className={`menu__line${item.narrow ? " only-narrow" : ""}`} />}
          <BaseMenu.Item
            className={`menu__item${item.narrow ? " only-narrow" : ""}`}
            disabled={item.disabled ?? false}
            onClick={item.onSelect}
          >
            {item.icon && <Icon name={item.icon} />}
            <span className="cut">{item.label}</span>
            {item.keys && <Kbd>{item.keys}</Kbd>}
          </BaseMenu.Item>
        </Fragment>
      ))}
    </MenuFrame>
  );
}

export function ChoiceMenu<T extends string>({
  label,
  icon,
  value,
  options,
  onChange,
  clicked,
}: ChoiceMenuProps<T> & { clicked: boolean }) {
  return (
    <MenuFrame label={label} icon={icon} clicked={clicked} narrow>
      <BaseMenu.RadioGroup value={value} onValueChange={(next: T) => onChange(next)}>
        {options.map((option) => (
          <BaseMenu.RadioItem key={option.value} value={option.value} className="menu__item" closeOnClick>
            {option.label}
            <BaseMenu.RadioItemIndicator className="push">
              <Icon name="check" small />
            </BaseMenu.RadioItemIndicator>
          </BaseMenu.RadioItem>
        ))}
      </BaseMenu.RadioGroup>
    </MenuFrame>
  );
}
