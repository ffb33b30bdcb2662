import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import type { CardContent, Preview, PreviewRequest } from "@/api/types";
import { useDebounced } from "@/lib/useDebounced";

const QUIET_MS = 250;

export interface LivePreview {
  /** The last answer, also while the next one is on its way. */
  preview: Preview | undefined;
  /** The last answer that could be rendered, and the content that it was rendered from. */
  lastGood: { preview: Preview; content: CardContent } | undefined;
  error: unknown;
}

/** Renders the draft as it is typed; a question that was overtaken is aborted. */
export function usePreview(
  slug: string,
  content: CardContent,
  variables: Record<string, unknown>,
): LivePreview {
  const asked = useDebounced(JSON.stringify({ content, variables, slug }), QUIET_MS);
  const { data, error } = useQuery({
    queryKey: ["preview", asked],
    queryFn: async ({ signal }) => {
      const body = JSON.parse(asked) as PreviewRequest;
      const preview = await read(
        client.POST("/api/v1/workspaces/{ws}/templates/preview", {
          params: { path: WORKSPACE },
          body,
          signal,
        }),
      );
      return { preview, content: body.content };
    },
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 5_000,
  });
  const [lastGood, setLastGood] = useState<LivePreview["lastGood"]>();
  if (data?.preview.messages && data !== lastGood) setLastGood(data);
  return { preview: data?.preview, lastGood, error };
}
