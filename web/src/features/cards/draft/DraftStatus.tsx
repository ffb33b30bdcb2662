import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { When } from "@/components/When";
import { useDraft } from "./DraftProvider";

/** How far the server has what is typed. */
export function DraftStatus() {
  const { keeping, keeper } = useDraft();
  if (keeping.state === "failed") {
    return (
      <span className="line line--tight t-error small" role="status">
        <Icon name="error" />
        Not saved. {keeping.why} Your text is kept here.
        <Button kind="quiet" onClick={() => void keeper.flush()}>
          Try again
        </Button>
      </span>
    );
  }
  return (
    <span className="hint" role="status">
      {keeping.state === "kept" ? (
        <>
          Draft kept <When at={keeping.at} />.
        </>
      ) : keeping.state === "conflict" ? (
        "Draft not kept: choose first."
      ) : (
        "Keeping the draft …"
      )}
    </span>
  );
}
