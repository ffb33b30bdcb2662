import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read } from "@/api/client";
import { sentence } from "@/api/problem";
import { loadSession } from "@/api/session";
import { useSession } from "@/api/sessionState";
import type { Account, ServerRole } from "@/api/types";
import { Button } from "@/components/Button";
import { Drawer } from "@/components/Drawer";
import { Select } from "@/components/Fields";
import { Failure, SkeletonLines } from "@/components/States";
import { toast, toastFailure } from "@/components/toasts";
import { onDay } from "@/lib/time";
import { EraseDialog } from "./EraseDialog";
import { LinkDialog } from "./LinkDialog";
import { PersonKeys } from "./PersonKeys";
import { USERS, userQuery } from "./queries";
import { SERVER_ROLES } from "./roles";

/** One account: what it is, how it comes in, and how that is ended. */
export function PersonDrawer({ user: id, onClose }: { user: string; onClose: () => void }) {
  const user = useQuery(userQuery(id));
  return (
    <Drawer title={user.data?.name ?? "Account"} onClose={onClose}>
      {user.isError && !user.data ? (
        <Failure error={user.error} onRetry={() => void user.refetch()} />
      ) : user.data ? (
        <>
          <Facts user={user.data} />
          {user.data.erased ? (
            <p className="hint person__note">
              The person was erased. The account stays disabled; what it made bears this name.
            </p>
          ) : (
            <Person user={user.data} />
          )}
        </>
      ) : (
        <SkeletonLines label="Loading" lines={8} />
      )}
    </Drawer>
  );
}

function Facts({ user }: { user: Account }) {
  return (
    <dl className="facts">
      <dt>E-mail</dt>
      <dd>{user.email ?? <span className="hint">none</span>}</dd>
      <dt>Since</dt>
      <dd>{onDay(user.created_at)}</dd>
      <dt>Two-factor</dt>
      <dd>{user.two_factor ? "on" : "off"}</dd>
    </dl>
  );
}

function Person({ user }: { user: Account }) {
  const queryClient = useQueryClient();
  const isMe = useSession()?.user.id === user.id;
  const [erasing, setErasing] = useState(false);
  const change = useMutation({
    mutationFn: (body: { role?: ServerRole; disabled?: boolean }) =>
      read(client.PATCH("/api/v1/users/{user}", { params: { path: { user: user.id } }, body })),
    onError: (error) => toastFailure(`${user.name} stays as it is. ${sentence(error)}`),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: USERS });
      if (isMe) void loadSession();
    },
  });
  function disable(disabled: boolean) {
    change.mutate(
      { disabled },
      {
        onSuccess: () =>
          toast(
            disabled
              ? `${user.name} is disabled and signed out everywhere`
              : `${user.name} may sign in again`,
            {
              undo: () => change.mutate({ disabled: !disabled }),
            },
          ),
      },
    );
  }
  function give(role: ServerRole) {
    change.mutate(
      { role },
      {
        onSuccess: () =>
          toast(`${user.name} is ${role} now`, { undo: () => change.mutate({ role: user.role }) }),
      },
    );
  }
  return (
    <>
      <section className="part">
        <div className="part__head">
          <h3>Role on the server</h3>
        </div>
        <Select
          aria-label="Role on the server"
          value={user.role}
          disabled={change.isPending}
          onChange={(event) => give(event.target.value as ServerRole)}
        >
          {SERVER_ROLES.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
        <p className="hint person__note">{SERVER_ROLES.find(({ value }) => value === user.role)?.may}</p>
      </section>
      <section className="part">
        <div className="part__head">
          <h3>Access</h3>
        </div>
        <div className="line line--wrap">
          <ResetLink user={user} />
          <EndSessions user={user} />
          {user.disabled_at ? (
            <Button busy={change.isPending} onClick={() => disable(false)}>
              Enable the account
            </Button>
          ) : (
            <Button
              kind="danger"
              busy={change.isPending}
              disabled={isMe}
              title={isMe ? "Another admin must do that" : undefined}
              onClick={() => disable(true)}
            >
              Disable the account
            </Button>
          )}
        </div>
        <p className="hint person__note">
          {user.disabled_at
            ? "Disabled: they cannot sign in, and their keys are refused. What they made stays."
            : isMe
              ? "You cannot disable your own account. Another admin can."
              : "Disabling shuts them out within a second. What they made stays."}
        </p>
      </section>
      <PersonKeys user={user} />
      <section className="part">
        <div className="part__head">
          <h3>Erase</h3>
        </div>
        <Button
          kind="danger"
          disabled={isMe}
          title={isMe ? "Another admin must do that" : undefined}
          onClick={() => setErasing(true)}
        >
          Erase the person
        </Button>
        <p className="hint person__note">
          {isMe
            ? "You cannot erase yourself here. Another admin can."
            : "For ever: nothing tells any more whose account it was. What they made stays."}
        </p>
      </section>
      {erasing && <EraseDialog user={user} onClose={() => setErasing(false)} />}
    </>
  );
}

function ResetLink({ user }: { user: Account }) {
  const make = useMutation({
    mutationFn: () =>
      read(client.POST("/api/v1/users/{user}/reset-link", { params: { path: { user: user.id } } })),
    onError: (error) => toastFailure(`No link was made. ${sentence(error)}`, () => make.mutate()),
  });
  return (
    <>
      <Button icon="share" busy={make.isPending} onClick={() => make.mutate()}>
        Link for a new password
      </Button>
      {make.data && (
        <LinkDialog
          title={`New password for ${user.name}`}
          link={make.data}
          note="Give it to the person yourself: nothing is sent. The old password works until the new one is set."
          onClose={() => make.reset()}
        />
      )}
    </>
  );
}

function EndSessions({ user }: { user: Account }) {
  const [ended, setEnded] = useState(false);
  const end = useMutation({
    mutationFn: () =>
      read(client.DELETE("/api/v1/users/{user}/sessions", { params: { path: { user: user.id } } })),
    onSuccess: () => {
      setEnded(true);
      toast(`${user.name} is signed out everywhere`);
    },
    onError: (error) => toastFailure(`The sessions go on. ${sentence(error)}`, () => end.mutate()),
  });
  return (
    <Button icon="x" busy={end.isPending} disabled={ended} onClick={() => end.mutate()}>
      {ended ? "All sessions ended" : "End all sessions"}
    </Button>
  );
}
