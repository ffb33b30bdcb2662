import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { RUNS } from "@/api/keys";
import { sentence } from "@/api/problem";
import { useRights } from "@/api/sessionState";
import type { Run } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { Dialog } from "@/components/Layers";
import { lazily } from "@/components/lazily";
import { toast, toastFailure } from "@/components/toasts";
import { copy } from "@/lib/clipboard";
import { plural } from "@/lib/format";
import { rereadRun } from "../live/apply";
import { runQuery } from "../queries";
import { RunKeeping } from "./RunKeeping";

const ShareDialog = lazily(
  "share",
  async () => (await import("@/features/shares")).ShareDialog,
  () => null,
);

type Action = "pause" | "resume" | "cancel" | "retry-errors";

/** The buttons of a run; each is there only while it can do something. */
export function RunActions({ run }: { run: Run }) {
  const [asking, setAsking] = useState(false);
  const [sharing, setSharing] = useState(false);
  const queryClient = useQueryClient();
  const act = useMutation({
    mutationFn: (action: Action) =>
      read(
        client.POST(`/api/v1/workspaces/{ws}/runs/{run}/${action}`, {
          params: { path: { ...WORKSPACE, run: run.id } },
        }),
      ),
    onSuccess(changed) {
      queryClient.setQueryData(runQuery(run.id).queryKey, changed);
      rereadRun(queryClient, run.id);
      void queryClient.invalidateQueries({ queryKey: [...RUNS, "list"] });
    },
    onError: (error, action) => toastFailure(sentence(error), () => act.mutate(action)),
  });
  const busy = (action: Action) => act.isPending && act.variables === action;
  const { edit } = useRights();
  const open = run.state === "queued" || run.state === "running" || run.state === "paused";
  const errors = run.state === "finished" || run.state === "running" ? run.counts.error : 0;
  return (
    <div className="btns">
      {edit && (
        <>
          {(run.state === "queued" || run.state === "running") && (
            <Button icon="pause" busy={busy("pause")} onClick={() => act.mutate("pause")}>
              Pause
            </Button>
          )}
          {run.state === "paused" && (
            <Button icon="run" busy={busy("resume")} onClick={() => act.mutate("resume")}>
              Resume
            </Button>
          )}
          {open && (
            <Button busy={busy("cancel")} onClick={() => setAsking(true)}>
              Cancel
            </Button>
          )}
          {errors > 0 && (
            <Button icon="retry" busy={busy("retry-errors")} onClick={() => act.mutate("retry-errors")}>
              Retry {plural(errors, "error")}
            </Button>
          )}
          <RunKeeping run={run} />
          <Button icon="share" onClick={() => setSharing(true)}>
            Share
          </Button>
        </>
      )}
      <IconButton
        icon="copy"
        label="Copy link to this run"
        onClick={async () => {
          const copied = await copy(window.location.href.replace(/[?#].*/, ""));
          toast(copied ? "Link copied" : "The browser did not allow copying");
        }}
      />
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Cancel run ${run.number}?`}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>Go on</Button>
            <Button
              kind="danger-solid"
              onClick={() => {
                setAsking(false);
                act.mutate("cancel");
              }}
            >
              Cancel run {run.number}
            </Button>
          </>
        }
      >
        {plural(run.counts.open, "cell")} {run.counts.open === 1 ? "stays" : "stay"} without an answer. What
        has finished is kept. This cannot be undone; Pause can.
      </Dialog>
      {sharing && (
        <Suspense>
          <ShareDialog of={{ run: run.id }} title={`run ${run.number}`} onClose={() => setSharing(false)} />
        </Suspense>
      )}
    </div>
  );
}
