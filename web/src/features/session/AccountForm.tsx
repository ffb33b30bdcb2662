import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ProblemError, sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Alert } from "./Frame";
import { isAcceptable, NewPasswordField } from "./PasswordField";

export interface NewAccount {
  name: string;
  email: string;
  password: string;
}

/** What is wrong with the name of an account. */
function nameProblem(name: string): string | undefined {
  return /^[\p{L}\p{N}_.-]{3,64}$/u.test(name)
    ? undefined
    : "Use 3 to 64 letters, digits, dots, hyphens or _";
}

/** A name and a new password. */
export function AccountForm({
  name: firstName = "",
  named = false,
  withEmail = false,
  action,
  save,
  children,
}: {
  name?: string;
  /** The account is there already: only its password is asked for. */
  named?: boolean;
  withEmail?: boolean;
  /** What the button says. */
  action: string;
  save: (account: NewAccount) => Promise<unknown>;
  children?: ReactNode;
}) {
  const [typed, setTyped] = useState<NewAccount>({ name: firstName, email: "", password: "" });
  const [touched, setTouched] = useState(false);
  const change = (part: Partial<NewAccount>) => setTyped((before) => ({ ...before, ...part }));
  const saving = useMutation({ mutationFn: save });
  const account = { ...typed, name: typed.name.trim(), email: typed.email.trim() };
  const refused = saving.error instanceof ProblemError ? saving.error : undefined;
  const errors = {
    name: named
      ? undefined
      : (refused?.at("/name") ??
        (refused?.problem.status === 409 ? refused.message : undefined) ??
        (touched ? nameProblem(account.name) : undefined)),
    email: refused?.at("/email"),
    password:
      refused?.at("/password") ??
      (touched && !isAcceptable(account.password, account.name)
        ? "It does not keep the rules below"
        : undefined),
  };
  return (
    <form
      className="signin__form"
      onSubmit={(event) => {
        event.preventDefault();
        setTouched(true);
        const whole = (named || !nameProblem(account.name)) && isAcceptable(account.password, account.name);
        if (whole && !saving.isPending) saving.mutate(account);
      }}
    >
      {named ? (
        // A password manager keeps the password under this name.
        <input type="text" name="username" autoComplete="username" value={account.name} readOnly hidden />
      ) : (
        <TextField
          label="Name"
          note="Letters, digits, . - and _. It cannot be changed later."
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          value={typed.name}
          onChange={(event) => change({ name: event.target.value })}
          error={errors.name}
          autoFocus
        />
      )}
      {withEmail && (
        <TextField
          label="E-mail"
          hint="optional"
          type="email"
          autoComplete="email"
          value={typed.email}
          onChange={(event) => change({ email: event.target.value })}
          error={errors.email}
        />
      )}
      <NewPasswordField
        label="Password"
        name={account.name}
        value={typed.password}
        onChange={(password) => change({ password })}
        error={errors.password}
        autoFocus={named}
      />
      {saving.error && !errors.name && !errors.email && !errors.password && (
        <Alert>{sentence(saving.error)}</Alert>
      )}
      <Button kind="primary" className="btn--lg btn--wide" type="submit" busy={saving.isPending}>
        {action}
      </Button>
      {children}
    </form>
  );
}
