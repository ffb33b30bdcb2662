import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Layers";
import { PasswordField } from "@/features/session";

/** Asks for one's own password before something is done that needs it. */
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
  send: (password: string) => Promise<T>;
  onClose: () => void;
  onDone: (answer: T) => void;
  /** What will be. */
  children: ReactNode;
}) {
  const form = useId();
  const [password, setPassword] = useState("");
  const sending = useMutation({ mutationFn: () => send(password), onSuccess: onDone });
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
            disabled={password === ""}
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
          if (password !== "" && !sending.isPending) sending.mutate();
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
      </form>
    </Dialog>
  );
}
