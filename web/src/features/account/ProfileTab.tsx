import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import { ownWorkspaces, useSession } from "@/api/sessionState";
import type { Account } from "@/api/types";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { usePage } from "@/components/Page";
import { Failure, SkeletonLines } from "@/components/States";
import { toast } from "@/components/toasts";
import { Alert, isAcceptable, NewPasswordField, PasswordField } from "@/features/session";
import { accountQuery } from "./queries";
import { TwoFactor } from "./TwoFactor";

/** Who this account is, its password and its second factor. */
export function ProfileTab() {
  usePage("Profile");
  const account = useQuery(accountQuery);
  if (account.isError && !account.data) {
    return <Failure error={account.error} onRetry={() => void account.refetch()} />;
  }
  if (!account.data) return <SkeletonLines label="Loading" lines={8} />;
  return (
    <>
      <Profile account={account.data} />
      <PasswordForm name={account.data.name} />
      <TwoFactor account={account.data} />
    </>
  );
}

function Profile({ account }: { account: Account }) {
  const queryClient = useQueryClient();
  const session = useSession();
  const workspaces = session ? ownWorkspaces(session) : [];
  const [email, setEmail] = useState(account.email ?? "");
  const save = useMutation({
    mutationFn: () => read(client.PATCH("/api/v1/account", { body: { email: email.trim() || null } })),
    onSuccess: (saved) => {
      queryClient.setQueryData(accountQuery.queryKey, saved);
      toast("E-mail saved");
    },
  });
  const changed = email.trim() !== (account.email ?? "");
  return (
    <section className="section" aria-labelledby="profile">
      <div className="section__head">
        <h2 id="profile">Profile</h2>
      </div>
      <form
        className="form account__form"
        onSubmit={(event) => {
          event.preventDefault();
          if (changed && !save.isPending) save.mutate();
        }}
      >
        <dl className="facts">
          <dt>Name</dt>
          <dd>
            <span className="mono">{account.name}</span> <span className="hint">never changes</span>
          </dd>
          <dt>Id</dt>
          <dd>
            <span className="mono wrap">{account.id}</span>{" "}
            <span className="hint">who owns a workspace adds you by it</span>
          </dd>
          <dt>Workspaces</dt>
          <dd>
            {workspaces.length === 0 ? (
              <span className="hint">none yet</span>
            ) : (
              workspaces.map(({ name, role }) => `${name} (${role})`).join(", ")
            )}
          </dd>
        </dl>
        <TextField
          label="E-mail"
          hint="optional"
          note="To sign in with, beside the name. Nothing is ever sent to it."
          type="email"
          autoComplete="email"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          error={save.error ? sentence(save.error) : undefined}
        />
        <div className="line">
          <Button type="submit" busy={save.isPending} disabled={!changed}>
            Save e-mail
          </Button>
        </div>
      </form>
    </section>
  );
}

function PasswordForm({ name }: { name: string }) {
  const [typed, setTyped] = useState({ current: "", next: "" });
  const [touched, setTouched] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      read(client.POST("/api/v1/account/password", { body: { current: typed.current, new: typed.next } })),
    onSuccess: () => {
      setTyped({ current: "", next: "" });
      setTouched(false);
      toast("Password changed. Your other sessions have ended; look whether your API keys are all yours.");
    },
  });
  const refused = save.error instanceof ProblemError ? save.error : undefined;
  const currentError =
    refused?.at("/current") ?? (refused?.code === "wrong_password" ? refused.message : undefined);
  const nextError =
    refused?.at("/new") ??
    (touched && !isAcceptable(typed.next, name) ? "It does not keep the rules below" : undefined);
  return (
    <section className="section" aria-labelledby="password">
      <div className="section__head">
        <h2 id="password">Password</h2>
      </div>
      <form
        className="form account__form"
        onSubmit={(event) => {
          event.preventDefault();
          setTouched(true);
          if (isAcceptable(typed.next, name) && !save.isPending) save.mutate();
        }}
      >
        <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
        <PasswordField
          label="Current password"
          autoComplete="current-password"
          value={typed.current}
          onChange={(current) => setTyped((before) => ({ ...before, current }))}
          error={currentError}
        />
        <NewPasswordField
          label="New password"
          name={name}
          value={typed.next}
          onChange={(next) => setTyped((before) => ({ ...before, next }))}
          error={nextError}
        />
        {save.error && !currentError && !nextError && <Alert>{sentence(save.error)}</Alert>}
        <div className="line">
          <Button type="submit" busy={save.isPending} disabled={typed.current === "" || typed.next === ""}>
            Change password
          </Button>
        </div>
      </form>
    </section>
  );
}
