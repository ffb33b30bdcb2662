import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read } from "@/api/client";
import { sentence } from "@/api/problem";
import { homeOf, leave } from "@/api/workspace";
import { Button } from "@/components/Button";
import { TextAreaField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";

/** An admin enters a workspace of others: for an hour, to read, and its owners see it with the reason. */
export function EntryDialog({ slug, onClose }: { slug: string; onClose: () => void }) {
  const form = useId();
  const [reason, setReason] = useState("");
  const enter = useMutation({
    mutationFn: () =>
      read(
        client.POST("/api/v1/workspaces/{ws}/entry", {
          params: { path: { ws: slug } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: () => leave.to(homeOf(slug)),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Enter ${slug}`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={enter.isPending}>
            Enter for an hour
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() !== "" && !enter.isPending) enter.mutate();
        }}
      >
        <p>You can read everything there and change nothing. Its owners see your name and the reason.</p>
        <TextAreaField
          label="Reason"
          placeholder="Ada asked why run 14 waits"
          maxLength={500}
          required
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          error={enter.error ? sentence(enter.error) : undefined}
          autoFocus
        />
      </form>
    </Dialog>
  );
}
