import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { sentence } from "@/api/problem";
import type { Model, Provider } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { Dialog } from "@/components/Layers";
import { toast, toastFailure } from "@/components/toasts";
import { bytes } from "@/lib/format";
import { modelsChanged } from "./pulls";

/** The button that takes a model from its server, after a question. */
export function DeleteModel({ provider, model }: { provider: Provider; model: Model }) {
  const [asking, setAsking] = useState(false);
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      read(
        client.DELETE("/api/v1/workspaces/{ws}/providers/{provider}/models/{model}", {
          params: { path: { ...WORKSPACE, provider: provider.id, model: model.name } },
        }),
      ),
    onSuccess({ name, size_bytes }) {
      const size =
        typeof size_bytes === "number" ? `, ${bytes(size_bytes)} on the disk of ${provider.name}` : "";
      toast(`${name} was deleted${size}`);
    },
    onError: (error) => toastFailure(sentence(error)),
    onSettled: () => modelsChanged(queryClient, provider.id),
  });
  return (
    <>
      <IconButton
        icon="x"
        label={`Delete ${model.name}`}
        aria-busy={remove.isPending || undefined}
        disabled={remove.isPending}
        onClick={() => setAsking(true)}
      />
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Delete ${model.name}?`}
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
              Delete {model.name}
            </Button>
          </>
        }
      >
        {typeof model.size_bytes === "number"
          ? `It takes ${bytes(model.size_bytes)} on the disk of ${provider.name}; parts that other models share stay. `
          : `It goes from the disk of ${provider.name}. `}
        Runs that used it keep their answers. To have it again, it has to be pulled again.
      </Dialog>
    </>
  );
}
