import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import { loadSession } from "@/api/session";
import { homeOf, leave } from "@/api/workspace";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { isSlug, slugOf } from "@/lib/slug";
import { workspacesQuery } from "./queries";

/** Makes a workspace; who makes it owns it. */
export function NewWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [ownSlug, setOwnSlug] = useState<string>();
  const [touched, setTouched] = useState(false);
  const slug = ownSlug ?? slugOf(name);
  const create = useMutation({
    mutationFn: () => read(client.POST("/api/v1/workspaces", { body: { slug, name: name.trim() } })),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey });
      void loadSession();
      toast(`Workspace made: ${name.trim()}`, {
        action: { label: "Go there", run: () => leave.to(homeOf(slug)) },
      });
      onClose();
    },
  });
  const refused = create.error instanceof ProblemError ? create.error : undefined;
  const nameError = refused?.at("/name") ?? (touched && name.trim() === "" ? "It needs a name" : undefined);
  const slugError =
    refused?.at("/slug") ??
    (refused?.problem.status === 409 ? refused.message : undefined) ??
    (touched && !isSlug(slug) ? "Use lower case and hyphens, for example support-team" : undefined);
  return (
    <Dialog
      open
      onClose={onClose}
      title="New workspace"
      actions={
        <>
          {create.error && !nameError && !slugError && (
            <span className="t-fail small" role="alert">
              {sentence(create.error)}
            </span>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={create.isPending}>
            Make workspace
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          setTouched(true);
          if (name.trim() !== "" && isSlug(slug) && !create.isPending) create.mutate();
        }}
      >
        <TextField
          label="Name"
          placeholder="Support team"
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={nameError}
          autoFocus
        />
        <TextField
          label="Name in addresses"
          note="Lower case, digits, hyphens. It cannot be changed later."
          className="input mono"
          placeholder="support-team"
          value={slug}
          onChange={(event) => setOwnSlug(event.target.value)}
          error={slugError}
        />
      </form>
    </Dialog>
  );
}
