import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read } from "@/api/client";
import { sentence } from "@/api/problem";
import type { Account } from "@/api/types";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { USERS } from "./queries";

/** Asks for the name, because who is erased stays so. */
export function EraseDialog({ user, onClose }: { user: Account; onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState("");
  const [touched, setTouched] = useState(false);
  const right = typed.trim() === user.name;
  const erase = useMutation({
    mutationFn: () => read(client.DELETE("/api/v1/users/{user}", { params: { path: { user: user.id } } })),
    onSuccess: () => {
      toast("The person is erased");
      void queryClient.invalidateQueries({ queryKey: USERS });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Erase ${user.name}?`}
      actions={
        <>
          {erase.error && (
            <span className="t-fail small" role="alert">
              {sentence(erase.error)}
            </span>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger-solid" type="submit" form={form} busy={erase.isPending}>
            Erase for ever
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          setTouched(true);
          if (right && !erase.isPending) erase.mutate();
        }}
      >
        <p>
          Name, e-mail, password and second factor go, sessions and API keys end, and they leave every
          workspace. What they made stays, under a name that tells nothing. This cannot be undone.
        </p>
        <p className="hint">What somebody typed into a prompt, a case or a note is not looked through.</p>
        <TextField
          label={
            <>
              Type <span className="mono">{user.name}</span> to go on
            </>
          }
          autoCapitalize="none"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          error={touched && !right ? "This is another name" : undefined}
          autoFocus
        />
      </form>
    </Dialog>
  );
}
