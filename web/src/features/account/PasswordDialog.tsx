import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { PasswordField } from "@/features/session";

/** Asks for both of what one signs in with before the second of them is changed. */
export function PasswordDialog<T>({
  title,
  keep,
  action,
  danger = false,
  send,
  onClose,
  onDone,
  children,
}: {
  title: string;
  /** The buttons: leave it, and do it. */
  keep: string;
  action: string;
  danger?: boolean;
  send: (both: { password: string; code: string }) => Promise<T>;
  onClose: () => void;
  onDone: (answer: T) => void;
  /** What will be. */
  children: ReactNode;
}) {
  const form = useId();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const complete = password !== "" && code.trim() !== "";
  const sending = useMutation({
    mutationFn: () => send({ password, code: code.trim() }),
    onSuccess: onDone,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>{keep}</Button>
          <Button
            kind={danger ? "danger-solid" : "primary"}
            type="submit"
            form={form}
            busy={sending.isPending}
            disabled={!complete}
          >
            {action}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (complete && !sending.isPending) sending.mutate();
        }}
      >
        <p>{children}</p>
        <PasswordField
          label="Password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={sending.error ? sentence(sending.error) : undefined}
          autoFocus
        />
        <TextField
          label="Code"
          note="The next one of your authenticator, or a recovery code."
          autoComplete="one-time-code"
          className="input mono"
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
