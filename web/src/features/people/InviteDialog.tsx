import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import type { ServerRole, WorkspaceRole } from "@/api/types";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { workspacesQuery } from "@/features/workspaces";
import { LinkDialog } from "./LinkDialog";
import { SERVER_ROLES } from "./roles";

/** Makes a link that works once, for somebody who then chooses a password. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const form = useId();
  const items = useQuery(workspacesQuery).data ?? [];
  const [typed, setTyped] = useState({ name: "", email: "" });
  const [role, setRole] = useState<ServerRole>("user");
  const [workspace, setWorkspace] = useState<string>(WORKSPACE.ws);
  const [workspaceRole, setWorkspaceRole] = useState<WorkspaceRole>("editor");
  const invite = useMutation({
    mutationFn: () => {
      const name = typed.name.trim();
      const email = typed.email.trim();
      return read(
        client.POST("/api/v1/users/invitations", {
          body: {
            role,
            ...(name ? { name } : {}),
            ...(email ? { email } : {}),
            ...(workspace && role !== "guest" ? { workspace, workspace_role: workspaceRole } : {}),
          },
        }),
      );
    },
  });
  if (invite.data) {
    return (
      <LinkDialog
        title="Invitation"
        link={invite.data}
        note="Give it to the person yourself: nothing is sent. Whoever opens it first gets the account."
        onClose={onClose}
      />
    );
  }
  const refused = invite.error instanceof ProblemError ? invite.error : undefined;
  const errors = { name: refused?.at("/name"), email: refused?.at("/email") };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Invite"
      actions={
        <>
          {invite.error && !errors.name && !errors.email && (
            <span className="t-fail small" role="alert">
              {sentence(invite.error)}
            </span>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={invite.isPending}>
            Make a link
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!invite.isPending) invite.mutate();
        }}
      >
        <TextField
          label="Name"
          hint="optional"
          note="They may choose another."
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          value={typed.name}
          onChange={(event) => setTyped((before) => ({ ...before, name: event.target.value }))}
          error={errors.name}
          autoFocus
        />
        <TextField
          label="E-mail"
          hint="optional"
          note="To sign in with, beside the name. Nothing is sent to it."
          type="email"
          value={typed.email}
          onChange={(event) => setTyped((before) => ({ ...before, email: event.target.value }))}
          error={errors.email}
        />
        <SelectField
          label="Role on the server"
          note={SERVER_ROLES.find(({ value }) => value === role)?.may}
          value={role}
          onChange={(event) => setRole(event.target.value as ServerRole)}
        >
          {SERVER_ROLES.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        {role !== "guest" && (
          <div className="vars__pair">
            <SelectField
              label="Workspace"
              value={workspace}
              onChange={(event) => setWorkspace(event.target.value)}
            >
              <option value="">None yet</option>
              {items.length === 0 && <option value={WORKSPACE.ws}>{WORKSPACE.ws}</option>}
              {items.map(({ slug, name }) => (
                <option key={slug} value={slug}>
                  {name}
                </option>
              ))}
            </SelectField>
            <SelectField
              label="Role there"
              disabled={workspace === ""}
              value={workspaceRole}
              onChange={(event) => setWorkspaceRole(event.target.value as WorkspaceRole)}
            >
              <option value="viewer">Viewer</option>
              <option value="editor">Editor</option>
              <option value="owner">Owner</option>
            </SelectField>
          </div>
        )}
      </form>
    </Dialog>
  );
}
