import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { sentence } from "@/api/problem";
import { loadSession } from "@/api/session";
import { useRights, useSession } from "@/api/sessionState";
import type { Member, WorkspaceRole } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { Select } from "@/components/Fields";
import { usePage } from "@/components/Page";
import { Failure, SkeletonRows } from "@/components/States";
import { toast, toastFailure } from "@/components/toasts";
import { When } from "@/components/When";
import { plural } from "@/lib/format";
import { atTime } from "@/lib/time";
import { AddMemberDialog } from "./AddMemberDialog";
import { membersQuery } from "./queries";
import { ReadOnly } from "./ReadOnly";
import { ROLES } from "./roles";
import "./workspaces.css";

/** Who is in the workspace, and what each may do there. */
export function MembersPage() {
  usePage("Members");
  const members = useQuery(membersQuery);
  const { own } = useRights();
  const [adding, setAdding] = useState(false);
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>Members</h1>
          <p>
            {members.data ? plural(members.data.length, "member") : "Members"} of the workspace{" "}
            <span className="mono">{WORKSPACE.ws}</span>
          </p>
        </div>
        {own && (
          <div className="page__acts">
            <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
              Add a member
            </Button>
          </div>
        )}
      </div>
      <ReadOnly cannot="add or change members" needs="owner" />
      {members.isError && !members.data ? (
        <Failure error={members.error} onRetry={() => void members.refetch()} />
      ) : (
        <MembersTable members={members.data} />
      )}
      <dl className="roles hint">
        {ROLES.map(({ value, label, may }) => (
          <div key={value}>
            <dt className="medium">{label}</dt>
            <dd>{may}</dd>
          </div>
        ))}
      </dl>
      {adding && <AddMemberDialog onClose={() => setAdding(false)} />}
    </div>
  );
}

function MembersTable({ members }: { members: Member[] | undefined }) {
  const { own } = useRights();
  return (
    <div className="scroll-x">
      <table className="table members" aria-busy={members === undefined}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col" className="only-wide">
              Since
            </th>
            {own && (
              <th scope="col">
                <span className="sr">Remove</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {members ? (
            members.map((member) => <MemberRow key={member.user} member={member} />)
          ) : (
            <SkeletonRows rows={4} columns={own ? 4 : 3} />
          )}
        </tbody>
      </table>
    </div>
  );
}

/** Gives a role or takes it; either can be taken back. */
function useChange(member: Member) {
  const queryClient = useQueryClient();
  const me = useSession()?.user.id;
  const path = { ...WORKSPACE, user: member.user };
  return useMutation({
    mutationFn: (role: WorkspaceRole | null) =>
      role
        ? read(client.PUT("/api/v1/workspaces/{ws}/members/{user}", { params: { path }, body: { role } }))
        : read(client.DELETE("/api/v1/workspaces/{ws}/members/{user}", { params: { path } })),
    onError: (error) => toastFailure(`${member.name} stays ${member.role}. ${sentence(error)}`),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: membersQuery.queryKey });
      if (member.user === me) void loadSession();
    },
  });
}

function MemberRow({ member }: { member: Member }) {
  const { own } = useRights();
  const me = useSession()?.user.id === member.user;
  const change = useChange(member);
  const entered = Boolean(member.until);
  function give(role: WorkspaceRole | null) {
    change.mutate(role, {
      onSuccess: () =>
        toast(role ? `${member.name} is ${role} now` : `${member.name} is no member any more`, {
          undo: () => change.mutate(member.role),
        }),
    });
  }
  return (
    <tr>
      <td className="grow">
        <span className="line">
          <span className="name cut">{member.name}</span>
          {me && <span className="chip">you</span>}
        </span>
        {member.until && (
          <span className="hint wrap">
            Entered as an admin, until {atTime(member.until)}
            {member.reason && <>: {member.reason}</>}
          </span>
        )}
      </td>
      <td>
        {own && !entered ? (
          <Select
            small
            aria-label={`Role of ${member.name}`}
            value={member.role}
            disabled={change.isPending}
            onChange={(event) => give(event.target.value as WorkspaceRole)}
          >
            {ROLES.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        ) : (
          (ROLES.find(({ value }) => value === member.role)?.label ?? member.role)
        )}
      </td>
      <td className="only-wide">
        <When at={member.since} />
      </td>
      {own && (
        <td className="r">
          <IconButton icon="x" label={`Remove ${member.name}`} onClick={() => give(null)} />
        </td>
      )}
    </tr>
  );
}
