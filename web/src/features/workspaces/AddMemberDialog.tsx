import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import { useRights } from "@/api/sessionState";
import type { WorkspaceRole } from "@/api/types";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { usersQuery } from "@/features/people";
import { membersQuery } from "./queries";
import { ROLES } from "./roles";

/** Takes somebody who has an account into the workspace. An admin, who sees all accounts, is offered them. */
export function AddMemberDialog({ onClose }: { onClose: () => void }) {
  const form = useId();
  const accounts = useId();
  const queryClient = useQueryClient();
  const { admin } = useRights();
  const users = useQuery({ ...usersQuery, enabled: admin });
  const [name, setName] = useState("");
  const [role, setRole] = useState<WorkspaceRole>("editor");
  const add = useMutation({
    mutationFn: () =>
      read(
        client.POST("/api/v1/workspaces/{ws}/members", {
          params: { path: WORKSPACE },
          body: { name: name.trim(), role },
        }),
      ),
    onSuccess: (member) => {
      toast(`${member.name} is ${member.role} now`);
      void queryClient.invalidateQueries({ queryKey: membersQuery.queryKey });
      onClose();
    },
  });
  const refused = add.error instanceof ProblemError ? add.error.at("/name") : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a member"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={add.isPending}>
            Add
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "" && !add.isPending) add.mutate();
        }}
      >
        <TextField
          label="Name or e-mail"
          note={
            admin
              ? "Somebody without an account is invited under People."
              : "Of somebody who has an account. Others are invited by an admin."
          }
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          required
          list={accounts}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={refused ?? (add.error ? sentence(add.error) : undefined)}
          autoFocus
        />
        <datalist id={accounts}>
          {users.data
            ?.filter(({ disabled_at }) => !disabled_at)
            .map((account) => (
              <option key={account.id} value={account.name} />
            ))}
        </datalist>
        <SelectField
          label="Role"
          note={`A member with this role ${ROLES.find(({ value }) => value === role)?.may}.`}
          value={role}
          onChange={(event) => setRole(event.target.value as WorkspaceRole)}
        >
          {ROLES.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
      </form>
    </Dialog>
  );
}
