import { useMutation } from "@tanstack/react-query";
import { client, read } from "@/api/client";
import { sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { toastFailure } from "@/components/toasts";
import { download } from "@/lib/download";

/** The whole log as a file, one JSON object a line: what is left out of a chain cannot be verified. */
export function ExportButton() {
  const take = useMutation({
    mutationFn: () => read(client.GET("/api/v1/audit/export", { parseAs: "blob" })),
    onSuccess: (rows) => download("promptcards-audit.jsonl", rows),
    onError: (error) => toastFailure(`Nothing was exported. ${sentence(error)}`, () => take.mutate()),
  });
  return (
    <Button icon="get" busy={take.isPending} onClick={() => take.mutate()}>
      Export all
    </Button>
  );
}
