import type { UseMutationResult } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ProblemError, sentence } from "@/api/problem";
import type { HealthCheck } from "@/api/types";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";

const LONGEST = 500;

/** Says what stopping does, and asks why: others will wonder. */
export function StopDialog({
  name,
  kind,
  stop,
  onClose,
}: {
  name: string;
  kind: HealthCheck["kind"];
  stop: UseMutationResult<unknown, Error, string>;
  onClose: () => void;
}) {
  const form = useId();
  const [reason, setReason] = useState("");
  const refused = stop.error instanceof ProblemError ? stop.error.at("/reason") : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Stop calls to ${name}?`}
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button kind="primary" type="submit" form={form} busy={stop.isPending}>
            Stop calls
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!stop.isPending) stop.mutate(reason.trim(), { onSuccess: onClose });
        }}
      >
        <p>
          This instance of Promptcards makes no call to {name} until an admin lets calls pass again.{" "}
          {kind === "redis"
            ? "It counts limits and keeps answers in its own memory meanwhile."
            : "Calls that are under way end. Cells that have not begun wait, as long as the settings let them; then they end as errors, which can be retried."}
        </p>
        <TextField
          label="Why"
          hint="optional"
          note={`Shown here${kind === "redis" ? "" : " and on the pages of runs that wait"}; it also stands in the audit log.`}
          maxLength={LONGEST}
          placeholder="The machine gets a new GPU"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          error={refused}
        />
        {stop.error && !refused && (
          <p className="field__error" role="alert">
            {sentence(stop.error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}
