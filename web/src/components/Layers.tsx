import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { Menu as BaseMenu } from "@base-ui/react/menu";
import { type ReactNode, useEffect, useState } from "react";
import { buttonClass, Kbd } from "./Button";
import { Icon, type IconName } from "./Icon";

/** Over the page, with a scrim: only for what has to be finished or left before going on. */
export function Dialog({
  open,
  onClose,
  title,
  children,
  actions,
  wide = false,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
}) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="scrim" />
        <BaseDialog.Viewport className="over">
          <BaseDialog.Popup className={`dialog${wide ? " dialog--wide" : ""}`} data-modal>
            <div className="dialog__head">
              <BaseDialog.Title>{title}</BaseDialog.Title>
              <BaseDialog.Close className={buttonClass("quiet", true)} aria-label="Close" title="Close">
                <Icon name="x" />
              </BaseDialog.Close>
            </div>
            <div className="dialog__body">{children}</div>
            {actions && <div className="dialog__foot">{actions}</div>}
          </BaseDialog.Popup>
        </BaseDialog.Viewport>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

export interface MenuItem {
  label: string;
  icon?: IconName;
  keys?: string;
  onSelect: () => void;
  disabled?: boolean;
}

/** The landmark that menus open in, so that they are part of the page to those who hear it. */
function useMain(): HTMLElement | null {
  const [main, setMain] = useState<HTMLElement | null>(null);
  useEffect(() => setMain(document.getElementById("main")), []);
  return main;
}

/** A button that opens a list of things to do. */
export function Menu({ label, icon = "more", items }: { label: string; icon?: IconName; items: MenuItem[] }) {
  const main = useMain();
  return (
    <BaseMenu.Root modal={false}>
      <BaseMenu.Trigger className={buttonClass("quiet", true)} aria-label={label} title={label}>
        <Icon name={icon} />
      </BaseMenu.Trigger>
      <BaseMenu.Portal container={main}>
        <BaseMenu.Positioner className="layer" align="end" sideOffset={4} positionMethod="fixed">
          <BaseMenu.Popup className="menu">
            {items.map((item) => (
              <BaseMenu.Item
                key={item.label}
                className="menu__item"
                disabled={item.disabled ?? false}
                onClick={item.onSelect}
              >
                {item.icon && <Icon name={item.icon} />}
                {item.label}
                {item.keys && <Kbd>{item.keys}</Kbd>}
              </BaseMenu.Item>
            ))}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

/** A button that opens a choice of one. */
export function ChoiceMenu<T extends string>({
  label,
  icon,
  value,
  options,
  onChange,
}: {
  label: string;
  icon: IconName;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}) {
  const main = useMain();
  return (
    <BaseMenu.Root modal={false}>
      <BaseMenu.Trigger className={buttonClass("quiet", true)} aria-label={label} title={label}>
        <Icon name={icon} />
      </BaseMenu.Trigger>
      <BaseMenu.Portal container={main}>
        <BaseMenu.Positioner className="layer" align="end" sideOffset={4} positionMethod="fixed">
          <BaseMenu.Popup className="menu menu--narrow">
            <BaseMenu.RadioGroup value={value} onValueChange={(next: T) => onChange(next)}>
              {options.map((option) => (
                <BaseMenu.RadioItem
                  key={option.value}
                  value={option.value}
                  className="menu__item"
                  closeOnClick
                >
                  {option.label}
                  <BaseMenu.RadioItemIndicator className="push">
                    <Icon name="check" small />
                  </BaseMenu.RadioItemIndicator>
                </BaseMenu.RadioItem>
              ))}
            </BaseMenu.RadioGroup>
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}
