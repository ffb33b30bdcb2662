import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read } from "@/api/client";
import { sentence } from "@/api/problem";
import { loadSession } from "@/api/session";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { workspacesQuery } from "./queries";

/** Another name for a workspace; its addresses stay. */
export function RenameDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  const [name, setName] = useState(workspace.name);
  const rename = useMutation({
    mutationFn: (to: string) =>
      read(
        client.PATCH("/api/v1/workspaces/{ws}", {
          params: { path: { ws: workspace.slug } },
          body: { name: to },
        }),
      ),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey });
      void loadSession();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Rename ${workspace.name}`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={rename.isPending}>
            Rename
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() === "" || rename.isPending) return;
          rename.mutate(name.trim(), {
            onSuccess: () => {
              onClose();
              toast(`Renamed to ${name.trim()}`, { undo: () => rename.mutate(workspace.name) });
            },
          });
        }}
      >
        <TextField
          label="Name"
          note={`Addresses keep ${workspace.slug}.`}
          maxLength={200}
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={rename.error ? sentence(rename.error) : undefined}
          autoFocus
        />
      </form>
    </Dialog>
  );
}
