import { sentence } from "@/api/problem";
import type { ApiKey } from "@/api/types";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Layers";

/** Asks, because a key that is revoked never works again. */
export function RevokeDialog({
  item,
  busy,
  error,
  onClose,
  onRevoke,
}: {
  item: ApiKey;
  busy: boolean;
  error: unknown;
  onClose: () => void;
  onRevoke: () => void;
}) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Revoke ${item.name}?`}
      actions={
        <>
          {error ? (
            <span className="t-fail small" role="alert">
              {sentence(error)}
            </span>
          ) : null}
          <Button onClick={onClose}>Keep it</Button>
          <Button kind="danger-solid" busy={busy} onClick={onRevoke}>
            Revoke the key
          </Button>
        </>
      }
    >
      <p>
        What uses <span className="mono">{item.begins_with}…</span> is refused from then on. This cannot be
        undone; make another key first if something still needs one.
      </p>
    </Dialog>
  );
}
