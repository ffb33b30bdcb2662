import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, read } from "@/api/client";
import { sentence } from "@/api/problem";
import type { HealthCheck } from "@/api/types";
import { toast, toastFailure } from "@/components/toasts";
import { healthQuery } from "./queries";

/** An admin's hand on the breaker of a model server. */
export function useBreaker({ componentId, name }: HealthCheck) {
  const queryClient = useQueryClient();
  const params = { path: { dependency: componentId } };
  // What the hand did is shown before the button is free again.
  const onSettled = () => queryClient.invalidateQueries({ queryKey: healthQuery.queryKey });
  const close = useMutation({
    mutationFn: (reason: string) =>
      read(client.POST("/api/v1/health/{dependency}/breaker/close", { params, body: { reason } })),
    onSuccess: () => toast(`Calls to ${name} pass again`),
    onError: (error) => toastFailure(sentence(error)),
    onSettled,
  });
  const open = useMutation({
    mutationFn: (reason: string) =>
      read(client.POST("/api/v1/health/{dependency}/breaker/open", { params, body: { reason } })),
    onSuccess: () =>
      toast(`Calls to ${name} are stopped`, { undo: () => close.mutate("The stop was taken back.") }),
    onSettled,
  });
  return { open, close };
}
