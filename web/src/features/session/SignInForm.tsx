import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useId, useRef, useState } from "react";
import { ProblemError, sentence } from "@/api/problem";
import { type Credentials, signIn } from "@/api/session";
import { Button } from "@/components/Button";
import { Checkbox, TextField } from "@/components/Fields";
import { useSecondsUntil, waiting } from "@/lib/waiting";
import { Alert } from "./Frame";
import { PasswordField } from "./PasswordField";

/** The answer that asks for the second factor; the password was right. */
export const CODE_NEEDED = "code_required";

/** Name and password, and then the code for who has a second factor. */
export function SignInForm({ name: firstName = "", children }: { name?: string; children?: ReactNode }) {
  const form = useId();
  const password = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState({ name: firstName, password: "", code: "" });
  const [remember, setRemember] = useState(false);
  const [asksCode, setAsksCode] = useState(false);
  const change = (part: Partial<typeof typed>) => setTyped((before) => ({ ...before, ...part }));
  const enter = useMutation({
    mutationFn: (credentials: Credentials) => signIn(credentials),
    onError: (error) => {
      if (error instanceof ProblemError && error.code === CODE_NEEDED) setAsksCode(true);
      else if (!asksCode) password.current?.select();
    },
  });
  const refused = enter.error instanceof ProblemError ? enter.error : undefined;
  const wait = useSecondsUntil(refused?.retryAt ?? null);
  const status = refused?.code === CODE_NEEDED ? undefined : refused?.problem.status;
  const wrong = status === 401 ? refused?.message : undefined;
  const blocked = status !== undefined && status !== 401 && status !== 429 ? refused?.message : undefined;
  return (
    <form
      id={form}
      className="signin__form"
      onSubmit={(event) => {
        event.preventDefault();
        if (enter.isPending || wait > 0) return;
        const { name, password, code } = typed;
        enter.mutate({ name: name.trim(), password, remember, ...(asksCode ? { code: code.trim() } : {}) });
      }}
    >
      {asksCode ? (
        <TextField
          label="Code"
          note="Six digits from your authenticator, or one of your recovery codes."
          autoComplete="one-time-code"
          className="input mono"
          value={typed.code}
          onChange={(event) => change({ code: event.target.value })}
          error={wrong}
          required
          autoFocus
        />
      ) : (
        <>
          <TextField
            label="Name or e-mail"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={typed.name}
            onChange={(event) => change({ name: event.target.value })}
            required
            autoFocus={firstName === ""}
          />
          <PasswordField
            label="Password"
            autoComplete="current-password"
            value={typed.password}
            onChange={(value) => change({ password: value })}
            error={wrong}
            autoFocus={firstName !== ""}
            ref={password}
          />
          <Checkbox checked={remember} onChange={(event) => setRemember(event.target.checked)}>
            Keep me signed in on this device for 30 days
          </Checkbox>
        </>
      )}
      {status === 429 && (
        <Alert>
          {wait > 0 ? `Too many tries. Try again in ${waiting(wait)}.` : "You may try again now."}
        </Alert>
      )}
      {(blocked ?? (enter.error && !refused)) && <Alert>{blocked ?? sentence(enter.error)}</Alert>}
      <Button
        kind="primary"
        className="btn--lg btn--wide"
        type="submit"
        busy={enter.isPending}
        disabled={wait > 0}
      >
        Sign in
      </Button>
      {asksCode ? (
        <Button
          kind="quiet"
          onClick={() => {
            setAsksCode(false);
            change({ code: "", password: "" });
            enter.reset();
          }}
        >
          Use another account
        </Button>
      ) : (
        children
      )}
    </form>
  );
}
