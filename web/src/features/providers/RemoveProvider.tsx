import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { sentence } from "@/api/problem";
import type { Provider } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { Dialog } from "@/components/Layers";
import { toast, toastFailure } from "@/components/toasts";
import { providersQuery } from "@/features/models";

/** The button that removes a provider, after a question: its key cannot be had back. */
export function RemoveProvider({ provider: { id, name, has_key } }: { provider: Provider }) {
  const [asking, setAsking] = useState(false);
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      read(
        client.DELETE("/api/v1/workspaces/{ws}/providers/{provider}", {
          params: { path: { ...WORKSPACE, provider: id } },
        }),
      ),
    onSuccess: () => toast(`${name} was removed`),
    onError: (error) => toastFailure(sentence(error)),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: providersQuery.queryKey }),
  });
  return (
    <>
      <IconButton
        icon="x"
        label={`Remove ${name}`}
        aria-busy={remove.isPending || undefined}
        disabled={remove.isPending}
        onClick={() => setAsking(true)}
      />
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Remove ${name}?`}
        actions={
          <>
            <Button onClick={() => setAsking(false)}>Leave it</Button>
            <Button
              kind="danger-solid"
              onClick={() => {
                setAsking(false);
                remove.mutate();
              }}
            >
              Remove {name}
            </Button>
          </>
        }
      >
        {has_key && "Its key goes with it. "}
        Runs that used it keep their answers; the server itself is not touched.
      </Dialog>
    </>
  );
}
