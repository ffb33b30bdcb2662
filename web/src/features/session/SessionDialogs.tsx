import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import { ProblemError, sentence } from "@/api/problem";
import { confirmPassword, putOff, refuseConfirmation } from "@/api/session";
import { useConfirming, useSession, useSessionState } from "@/api/sessionState";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { useSecondsUntil, waiting } from "@/lib/waiting";
import { PasswordField } from "./PasswordField";
import { SignInForm } from "./SignInForm";

/** What a session asks for over any page: signing in again, and the password once more. */
export function SessionDialogs() {
  return (
    <>
      <SignInAgain />
      <ConfirmDialog />
    </>
  );
}

/** The session ended under somebody's hands. What they had typed stays in the page below. */
function SignInAgain() {
  const state = useSessionState();
  const queryClient = useQueryClient();
  const ended = state.status === "ended";
  const wasEnded = useRef(false);
  useEffect(() => {
    // What failed meanwhile is read again.
    if (state.status === "in" && wasEnded.current) void queryClient.invalidateQueries();
    wasEnded.current = ended;
  }, [state.status, ended, queryClient]);
  return (
    <Dialog open={ended && state.asking} onClose={putOff} title="Sign in again">
      <div className="stack">
        <p>Your session has ended. What you typed is still here; after signing in it goes on where it was.</p>
        {ended && <SignInForm name={state.session.user.name} />}
      </div>
    </Dialog>
  );
}

/** Before what is most dangerous the password is asked for once more. */
function ConfirmDialog() {
  const open = useConfirming();
  return (
    <Dialog open={open} onClose={refuseConfirmation} title="Is it you?">
      <ConfirmForm />
    </Dialog>
  );
}

function ConfirmForm() {
  const form = useId();
  const twoFactor = useSession()?.user.two_factor === true;
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const confirm = useMutation({ mutationFn: () => confirmPassword(password, code.trim() || undefined) });
  const refused = confirm.error instanceof ProblemError ? confirm.error : undefined;
  const wait = useSecondsUntil(refused?.retryAt ?? null);
  const error =
    wait > 0 ? `Too many tries. Try again in ${waiting(wait)}.` : confirm.error && sentence(confirm.error);
  return (
    <form
      id={form}
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!confirm.isPending && wait === 0) confirm.mutate();
      }}
    >
      <p>This needs your password, given within the last 5 minutes.</p>
      <PasswordField
        label="Password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        error={error || undefined}
        autoFocus
      />
      {twoFactor && (
        <TextField
          label="Code"
          note="From your authenticator, or a recovery code."
          autoComplete="one-time-code"
          className="input mono"
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      )}
      <div className="line line--end">
        <Button onClick={refuseConfirmation}>Cancel</Button>
        <Button kind="primary" type="submit" busy={confirm.isPending} disabled={wait > 0}>
          Confirm
        </Button>
      </div>
    </form>
  );
}
