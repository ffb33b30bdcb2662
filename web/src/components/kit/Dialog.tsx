import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { buttonClass } from "../Button";
import { Icon } from "../Icon";
import type { DialogProps } from "../Layers";

export function Dialog({ open, onClose, title, children, actions, wide = false }: DialogProps) {
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
