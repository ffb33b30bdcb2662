import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import type { Pull } from "@/api/types";
import { modelsQuery } from "./queries";

/** While a model is on its way its server says several times a second how far it is; once is enough for an eye. */
const EVERY_MS = 1_000;

/** The pulls of one provider, the newest first, asked again and again while one is under way. */
export function pullsQuery(providerId: string) {
  const queryKey = ["providers", providerId, "pulls"];
  return queryOptions({
    queryKey,
    queryFn: async ({ signal, client: queryClient }) => {
      const before = queryClient.getQueryData<Pull[]>(queryKey) ?? [];
      const { items } = await read(
        client.GET("/api/v1/workspaces/{ws}/providers/{provider}/pulls", {
          params: { path: { ...WORKSPACE, provider: providerId } },
          signal,
        }),
      );
      const came = items.some((pull) => pull.state === "finished" && isRunning(find(before, pull.id)));
      if (came) modelsChanged(queryClient, providerId);
      return [...items, ...before.filter((pull) => !find(items, pull.id)).flatMap(lost)];
    },
    refetchInterval: ({ state }) => (state.data?.some(isRunning) ? EVERY_MS : false),
  });
}

export function isRunning(pull: Pull | undefined): boolean {
  return pull?.state === "running";
}

function find(pulls: Pull[], id: string): Pull | undefined {
  return pulls.find((pull) => pull.id === id);
}

/** A pull that the server does not know any more: it ended with the server that began it. */
function lost(pull: Pull): Pull[] {
  if (pull.state === "failed") return [pull];
  if (pull.state !== "running") return [];
  return [
    {
      ...pull,
      state: "failed",
      bytes_per_second: null,
      problem: "Promptcards was started again, and the pull ended with it.",
      remedy: "Pull again: what came is kept on the model server.",
    },
  ];
}

/** The list of models, and what an estimate says of them, are read again. */
export function modelsChanged(queryClient: QueryClient, providerId: string): void {
  void queryClient.invalidateQueries({ queryKey: modelsQuery(providerId).queryKey });
  void queryClient.invalidateQueries({ queryKey: ["estimate"] });
}

/** Begins to pull a model, or joins the pull of it. */
export function useStartPull(providerId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      read(
        client.POST("/api/v1/workspaces/{ws}/providers/{provider}/models", {
          params: { path: { ...WORKSPACE, provider: providerId } },
          body: { name },
        }),
      ),
    onSuccess: (pull) => put(queryClient, pull),
  });
}

/** Ends a pull. */
export function useCancelPull(providerId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (pull: string) =>
      read(
        client.POST("/api/v1/workspaces/{ws}/providers/{provider}/pulls/{pull}/cancel", {
          params: { path: { ...WORKSPACE, provider: providerId, pull } },
        }),
      ),
    onSuccess: (pull) => put(queryClient, pull),
    onError: () => void queryClient.invalidateQueries({ queryKey: pullsQuery(providerId).queryKey }),
  });
}

function put(queryClient: QueryClient, pull: Pull): void {
  queryClient.setQueryData<Pull[]>(pullsQuery(pull.provider).queryKey, (before = []) => [
    pull,
    ...before.filter(
      (other) => other.id !== pull.id && !(other.state === "failed" && isOf(other, pull.model)),
    ),
  ]);
}

/** Whether a pull is of this model: a name without a tag has the tag `latest`. */
export function isOf(pull: Pull, model: string): boolean {
  return tagged(pull.model) === tagged(model);
}

function tagged(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1);
  return (last.includes(":") ? name : `${name}:latest`).toLowerCase();
}
