import { useQuery } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import type { CaseContent, Judgement } from "@/api/types";
import { useDebounced } from "@/lib/useDebounced";

const QUIET_MS = 300;

/** Judges a sample output by a case as it stands in the form, while it is typed. */
export function useTry(
  content: CaseContent,
  output: string,
  ready: boolean,
): { judgement: Judgement | undefined; error: unknown } {
  const wanted = ready && output !== "";
  const now = wanted
    ? JSON.stringify({
        assertions: content.assertions,
        variables: content.variables,
        output,
        ...(content.threshold === undefined ? {} : { threshold: content.threshold }),
        ...(content.expected_output === undefined ? {} : { expected_output: content.expected_output }),
      })
    : "";
  const asked = useDebounced(now, QUIET_MS);
  const enabled = wanted && asked !== "";
  const { data, error } = useQuery({
    queryKey: ["assertions", "try", asked],
    queryFn: ({ signal }) =>
      read(
        client.POST("/api/v1/workspaces/{ws}/assertions/try", {
          params: { path: WORKSPACE },
          body: JSON.parse(asked),
          signal,
        }),
      ),
    enabled,
    placeholderData: (before) => before,
    gcTime: 5_000,
  });
  return enabled ? { judgement: data, error } : { judgement: undefined, error: null };
}
