import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { CARDS, RUNS } from "@/api/keys";
import { sentence } from "@/api/problem";
import type { Run } from "@/api/types";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Layers";
import { toast, toastFailure } from "@/components/toasts";
import { bytes, plural } from "@/lib/format";
import { runQuery } from "../queries";

/** Whether a run stays: kept against every rule, or deleted now. A run that is kept or at work cannot be deleted. */
export function RunKeeping({ run }: { run: Run }) {
  const [asking, setAsking] = useState(false);
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { ...WORKSPACE, run: run.id } };
  const reread = () => void queryClient.invalidateQueries({ queryKey: runQuery(run.id).queryKey });
  const keep = useMutation({
    mutationFn: (kept: boolean) =>
      read(
        kept
          ? client.PUT("/api/v1/workspaces/{ws}/runs/{run}/keep", { params })
          : client.DELETE("/api/v1/workspaces/{ws}/runs/{run}/keep", { params }),
      ),
    onSuccess: (changed) => queryClient.setQueryData(runQuery(run.id).queryKey, changed),
    onError: (error, kept) => toastFailure(sentence(error), () => keep.mutate(kept)),
  });
  const remove = useMutation({
    mutationFn: () => read(client.DELETE("/api/v1/workspaces/{ws}/runs/{run}", { params })),
    async onSuccess() {
      toast(`Run ${run.number} was deleted`);
      // First away from it, or it would be asked for once more.
      await navigate({ to: "/runs" });
      queryClient.removeQueries({ queryKey: runQuery(run.id).queryKey });
      void queryClient.invalidateQueries({ queryKey: [...RUNS, "list"] });
      void queryClient.invalidateQueries({ queryKey: CARDS });
    },
    onError(error) {
      toastFailure(sentence(error), () => remove.mutate());
      reread();
    },
  });
  const ended = (run.state === "finished" || run.state === "cancelled") && run.counts.open === 0;
  return (
    <>
      <Button
        {...(run.kept ? { icon: "check" } : {})}
        aria-pressed={run.kept}
        busy={keep.isPending}
        title={
          run.kept
            ? "Nothing removes this run. Press to leave it to the rules of this server again"
            : "Keep this run, however old it gets"
        }
        onClick={() => keep.mutate(!run.kept)}
      >
        Keep
      </Button>
      {ended && !run.kept && (
        <Button kind="danger" busy={remove.isPending} onClick={() => setAsking(true)}>
          Delete run
        </Button>
      )}
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Delete run ${run.number}?`}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>Leave it</Button>
            <Button
              kind="danger-solid"
              onClick={() => {
                setAsking(false);
                remove.mutate();
              }}
            >
              Delete run {run.number}
            </Button>
          </>
        }
      >
        {plural(run.cell_count, "cell")} and every answer in {run.cell_count === 1 ? "it" : "them"} go,{" "}
        {bytes(run.stored_bytes)}. Links to this run lead nowhere then. Cards, versions and cases stay. This
        cannot be undone.
      </Dialog>
    </>
  );
}
