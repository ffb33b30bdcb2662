import type { OneTimeLink } from "@/api/types";
import { Button } from "@/components/Button";
import { CopyField } from "@/components/CopyField";
import { Dialog } from "@/components/Layers";
import { exact } from "@/lib/time";

/** A link that works once, shown once. */
export function LinkDialog({
  title,
  link,
  note,
  onClose,
}: {
  title: string;
  link: OneTimeLink;
  note: string;
  onClose: () => void;
}) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      actions={
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="form">
        <p>{note} It is shown now and never again.</p>
        <CopyField
          label="Link"
          value={new URL(link.link, window.location.origin).href}
          note={`Works once, until ${exact(link.expires_at)}.`}
        />
      </div>
    </Dialog>
  );
}
