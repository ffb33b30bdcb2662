import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import { CARDS } from "@/api/keys";
import { sentence } from "@/api/problem";
import { toast, toastFailure } from "@/components/toasts";

interface Move {
  label: string;
  /** The version that the label shall point to; null takes the label away. */
  to: number | null;
  /** Where it points now; null: nowhere. */
  from: number | null;
}

async function move(slug: string, { label, to }: Move): Promise<void> {
  const params = { path: { ...WORKSPACE, slug, label } };
  const address = "/api/v1/workspaces/{ws}/cards/{slug}/labels/{label}";
  if (to === null) await read(client.DELETE(address, { params }));
  else await read(client.PUT(address, { params, body: { version: to } }));
}

function refresh(queryClient: QueryClient): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: CARDS });
}

/** Moves a label, says so, and offers to move it back. */
export function useMoveLabel(slug: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (wanted: Move) => move(slug, wanted),
    onSuccess: async (_, { label, to, from }) => {
      await refresh(queryClient);
      const said =
        to === null
          ? `${label} points nowhere now; it was at v${from}.`
          : from === null
            ? `${label} points to v${to}.`
            : `${label} moved from v${from} to v${to}.`;
      toast(said, {
        undo: () => {
          move(slug, { label, to: from, from: to })
            .then(() => refresh(queryClient))
            .catch((error: unknown) => toastFailure(`${label} was not moved back. ${sentence(error)}`));
        },
      });
    },
    onError: (error, { label }) => toastFailure(`${label} was not moved. ${sentence(error)}`),
  });
}
