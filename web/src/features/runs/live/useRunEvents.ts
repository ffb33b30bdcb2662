import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { WORKSPACE } from "@/api/client";
import { runQuery } from "../queries";
import { cellsKey } from "../windows";
import { applyEvents, rereadRun } from "./apply";
import type { RunEvent } from "./events";
import { followRun } from "./follow";
import type { Patches } from "./patches";

/** A page in the background draws no frames; it still has to take in what comes. */
const HIDDEN_MS = 500;

/** Keeps what is loaded of a run up to date while it is `live`, with one change of the page a frame. */
export function useRunEvents(runId: string, live: boolean, patches: Patches): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    if (!live) return;
    // What was loaded while nobody listened may be older than the number from which the stream goes on.
    void queryClient.invalidateQueries({ queryKey: cellsKey(runId) }, { cancelRefetch: false });
    let waiting: RunEvent[] = [];
    let cancel: (() => void) | undefined;
    function flush(): void {
      cancel = undefined;
      const events = waiting;
      waiting = [];
      applyEvents(queryClient, runId, patches, events);
    }
    function schedule(): () => void {
      if (document.hidden) {
        const timer = setTimeout(flush, HIDDEN_MS);
        return () => clearTimeout(timer);
      }
      const frame = requestAnimationFrame(flush);
      return () => cancelAnimationFrame(frame);
    }
    // A frame that was asked for while the page was seen does not come once it is hidden.
    function reschedule(): void {
      cancel?.();
      if (waiting.length > 0) cancel = schedule();
    }
    document.addEventListener("visibilitychange", reschedule);
    const stop = followRun({
      address: `/api/v1/workspaces/${WORKSPACE.ws}/runs/${runId}/events`,
      after: queryClient.getQueryData(runQuery(runId).queryKey)?.event_number ?? 0,
      onEvent(event) {
        waiting.push(event);
        cancel ??= schedule();
      },
      // A request tells whether the server is gone; the banner over the page goes by that.
      onLost: () => void queryClient.invalidateQueries({ queryKey: runQuery(runId).queryKey }),
      onGap: () => rereadRun(queryClient, runId),
    });
    return () => {
      stop();
      document.removeEventListener("visibilitychange", reschedule);
      cancel?.();
      if (waiting.length > 0) flush();
    };
  }, [queryClient, runId, live, patches]);
}
