import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { client, ifMatch, once, read, readTagged, WORKSPACE } from "@/api/client";
import { CARDS } from "@/api/keys";
import { isStale, sentence } from "@/api/problem";
import type { Card } from "@/api/types";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { SkeletonLines } from "@/components/States";
import { toast } from "@/components/toasts";
import { sameContent } from "./content";
import { useDraft } from "./draft/DraftProvider";
import { versionQuery } from "./queries";
import { Changes } from "./versions/Changes";

/** Shows what the draft changes, takes a message, and makes it the next version. */
export function ReviewDialog({ card, open, onClose }: { card: Card; open: boolean; onClose: () => void }) {
  const next = (card.latest_version ?? 0) + 1;
  const form = useId();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { content, keeper } = useDraft();
  const [message, setMessage] = useState("");
  const latest = useQuery({
    ...versionQuery(card.slug, card.latest_version ?? 0),
    enabled: open && card.latest_version !== null,
  });
  const same = latest.data !== undefined && sameContent(latest.data.content, content);
  const save = useMutation({
    mutationFn: async () => {
      if (!(await keeper.flush())) throw new NotKept();
      const path = { ...WORKSPACE, slug: card.slug };
      const version = await read(
        client.POST("/api/v1/workspaces/{ws}/cards/{slug}/versions", {
          params: { path, header: { ...ifMatch(keeper.snapshot().saved.etag), ...once() } },
          body: { message: message.trim() },
        }),
      );
      queryClient.setQueryData(versionQuery(card.slug, version.number).queryKey, version);
      const draft = await readTagged(
        client.GET("/api/v1/workspaces/{ws}/cards/{slug}/draft", { params: { path } }),
      );
      // What was typed while the version was being saved is newer than that draft.
      const typed = keeper.snapshot().content;
      const wasTyping = keeper.isAhead;
      keeper.adopt(draft);
      if (wasTyping) keeper.edit(typed);
      return version;
    },
    onSuccess: (version) => {
      void queryClient.invalidateQueries({ queryKey: CARDS });
      setMessage("");
      onClose();
      toast(`v${version.number} saved.`, {
        action: {
          label: "Run its cases",
          run: () => void navigate({ to: "/runs/new", search: { card: card.slug, version: version.number } }),
        },
      });
    },
    onError: async (error) => {
      // The draft moved on elsewhere: writing it again finds out whether the texts differ.
      if (isStale(error)) await keeper.check();
    },
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`Review and save v${next}`}
      wide
      actions={
        <>
          {save.isError && (
            <span className="t-fail small dialog__say" role="alert">
              Not saved. {save.error instanceof NotKept ? save.error.message : sentence(save.error)}
            </span>
          )}
          <Button onClick={onClose}>Keep editing</Button>
          <Button
            kind="primary"
            type="submit"
            form={form}
            busy={save.isPending}
            disabled={message.trim() === "" || same}
          >
            Save v{next}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (message.trim() !== "" && !same && !save.isPending) save.mutate();
        }}
      >
        <TextField
          label="What this version changes"
          hint="one line, for those who read the list"
          value={message}
          maxLength={500}
          onChange={(event) => setMessage(event.target.value)}
          placeholder={card.latest_version === null ? "First version" : "Ask for the number without units"}
          autoFocus
        />
      </form>
      {card.latest_version !== null && !latest.data ? (
        <SkeletonLines label="Loading the latest version" />
      ) : (
        <Changes before={latest.data?.content} after={content} />
      )}
    </Dialog>
  );
}

class NotKept extends Error {
  constructor() {
    super("The draft itself could not be kept; the reason stands above the editor. Your text is still here.");
  }
}
