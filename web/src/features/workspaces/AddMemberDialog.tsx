import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { sentence } from "@/api/problem";
import { useRights } from "@/api/sessionState";
import type { WorkspaceRole } from "@/api/types";
import { Button } from "@/components/Button";
import { SelectField, TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { usersQuery } from "@/features/people";
import { membersQuery } from "./queries";
import { ROLES } from "./roles";

/** Takes somebody who has an account into the workspace: an admin by name, others by the id, as they see no accounts. */
export function AddMemberDialog({ onClose }: { onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  const { admin } = useRights();
  const users = useQuery({ ...usersQuery, enabled: admin });
  const [typed, setTyped] = useState("");
  const [role, setRole] = useState<WorkspaceRole>("editor");
  const add = useMutation({
    mutationFn: (user: string) =>
      read(
        client.PUT("/api/v1/workspaces/{ws}/members/{user}", {
          params: { path: { ...WORKSPACE, user } },
          body: { role },
        }),
      ),
    onSuccess: ({ name }) => {
      toast(`${name} is ${role} now`);
      void queryClient.invalidateQueries({ queryKey: membersQuery.queryKey });
      onClose();
    },
  });
  const failure = add.error ?? users.error;
  const error = failure ? sentence(failure) : undefined;
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
          if (typed !== "" && !add.isPending) add.mutate(typed.trim());
        }}
      >
        {admin ? (
          <SelectField
            label="Account"
            note="Somebody without an account is invited under People."
            required
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            error={error}
            autoFocus
          >
            <option value="">Choose</option>
            {users.data
              ?.filter(({ disabled_at }) => !disabled_at)
              .map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
          </SelectField>
        ) : (
          <TextField
            label="Id of the account"
            note="Who has an account finds its id on their profile. Others are invited by an admin."
            className="input mono"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            error={error}
            autoFocus
          />
        )}
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
