import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import { CARDS } from "@/api/keys";
import { sentence } from "@/api/problem";
import { Button, type ButtonKind } from "@/components/Button";
import { toast, toastFailure } from "@/components/toasts";
import { plural } from "@/lib/format";

/** Loads the sample cards with their cases, all or none. */
export function SamplesButton({ kind = "default" }: { kind?: ButtonKind }) {
  const queryClient = useQueryClient();
  const load = useMutation({
    mutationFn: () => read(client.POST("/api/v1/workspaces/{ws}/samples", { params: { path: WORKSPACE } })),
    onSuccess: async ({ created, skipped }) => {
      await queryClient.invalidateQueries({ queryKey: CARDS });
      toast(
        created.length === 0
          ? `The sample cards are here already, ${plural(skipped.length, "card")}.`
          : `${plural(created.length, "sample card")} loaded, with cases.`,
      );
    },
    onError: (error) => toastFailure(`No sample card was loaded. ${sentence(error)}`),
  });
  return (
    <Button kind={kind} icon="get" busy={load.isPending} onClick={() => load.mutate()}>
      Load sample cards
    </Button>
  );
}
