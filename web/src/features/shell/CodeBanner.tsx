import { useState } from "react";
import { useAnswering } from "@/api/connection";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { reload, useCodeMissing } from "@/lib/code";

/** Says that a part of the page did not come, once the server answers again: before that another banner speaks. */
export function CodeBanner() {
  const missing = useCodeMissing();
  const answering = useAnswering();
  const [failed, setFailed] = useState(false);
  if (!missing || !answering) return null;
  return (
    <div className="banner" role="status">
      <Icon name="error" />
      <p>
        <strong className="medium">A part of this page did not come.</strong>{" "}
        {failed
          ? "The server does not answer. Reload when it does."
          : "The server may have a newer page. What works without it goes on; finish what you are typing, then reload."}
      </p>
      <Button kind="quiet" icon="retry" onClick={async () => setFailed(!(await reload()))}>
        Reload
      </Button>
    </div>
  );
}
