import { useState } from "react";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { When } from "@/components/When";
import { Changes } from "../versions/Changes";
import { useDraft } from "./DraftProvider";

/** Two people edited the draft: shows both texts and lets one of them choose. Neither is lost. */
export function ConflictNotice() {
  const { keeping, content, keeper } = useDraft();
  const [open, setOpen] = useState(false);
  if (keeping.state !== "conflict") return null;
  const theirs = keeping.theirs.value;

  async function take(choice: "mine" | "theirs") {
    const mine = keeper.snapshot().content;
    await keeper.resolve(choice);
    setOpen(false);
    if (choice === "theirs") toast("Their draft is here now.", { undo: () => keeper.edit(mine) });
    else toast("Your draft is kept, over theirs.");
  }
  const choices = (
    <>
      <Button onClick={() => void take("theirs")}>Take theirs</Button>
      <Button kind="primary" onClick={() => void take("mine")}>
        Keep mine
      </Button>
    </>
  );
  return (
    <div className="banner banner--boxed" role="alert">
      <Icon name="error" />
      <p>
        <strong className="medium">Someone changed this draft before you:</strong> {theirs.updated_by},{" "}
        <When at={theirs.updated_at} />. Your text is still here, and nothing is written until you choose.
      </p>
      <Button kind="quiet" onClick={() => setOpen(true)}>
        See the difference
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title="Their draft and yours" wide actions={choices}>
        <p>From theirs, with a minus, to yours, with a plus.</p>
        <Changes before={theirs.content} after={content} />
      </Dialog>
      {choices}
    </div>
  );
}
