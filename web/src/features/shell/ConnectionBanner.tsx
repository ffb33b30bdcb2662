import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { askWhetherAnswering, useAnswering } from "@/api/connection";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";

const ASK_AGAIN_MS = 3_000;

/** Says that the server is gone, asks for it until it is back, and then reads everything anew. */
export function ConnectionBanner() {
  const answering = useAnswering();
  const queryClient = useQueryClient();
  const wasGone = useRef(false);
  useEffect(() => {
    if (answering) {
      if (wasGone.current) void queryClient.invalidateQueries();
      wasGone.current = false;
      return;
    }
    wasGone.current = true;
    const timer = setInterval(() => void askWhetherAnswering(), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [answering, queryClient]);
  if (answering) return null;
  return (
    <div className="banner" role="status">
      <Icon name="error" />
      <p>
        <strong className="medium">The server does not answer.</strong> Nothing is lost: what you see is what
        was here, and runs go on from where they were. This page tries again every 3 s.
      </p>
      <Button kind="quiet" icon="retry" onClick={() => void askWhetherAnswering()}>
        Try now
      </Button>
    </div>
  );
}
