import { useQuery } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import type { RunEstimate, RunRequest } from "@/api/types";
import { useDebounced } from "@/lib/useDebounced";

/** What a run would cost, asked while the form is filled. */
export function useEstimate(request: RunRequest | null): {
  estimate: RunEstimate | undefined;
  error: unknown;
  settled: boolean;
} {
  const now = JSON.stringify(request);
  const asked = useDebounced(now, 200);
  const enabled = request !== null && asked !== "null";
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ["estimate", asked],
    queryFn: ({ signal }) =>
      read(
        client.POST("/api/v1/workspaces/{ws}/runs/estimate", {
          params: { path: WORKSPACE },
          body: JSON.parse(asked) as RunRequest,
          signal,
        }),
      ),
    enabled,
    placeholderData: (before) => before,
    staleTime: 5_000,
  });
  return {
    estimate: enabled ? data : undefined,
    error: enabled ? error : null,
    settled: enabled && asked === now && !isPlaceholderData && data !== undefined,
  };
}
