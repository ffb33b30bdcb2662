import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { client, once, read, WORKSPACE } from "@/api/client";
import { CARDS } from "@/api/keys";
import { ProblemError, sentence } from "@/api/problem";
import type { Card } from "@/api/types";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { isSlug } from "@/lib/slug";

/** Makes a card like this one under another name. */
export function DuplicateDialog({ card, open, onClose }: { card: Card; open: boolean; onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [title, setTitle] = useState(`${card.title} copy`);
  const [slug, setSlug] = useState(`${card.slug}-copy`);
  const duplicate = useMutation({
    mutationFn: () =>
      read(
        client.POST("/api/v1/workspaces/{ws}/cards/{slug}/duplicate", {
          params: { path: { ...WORKSPACE, slug: card.slug }, header: once() },
          body: { slug, title: title.trim() },
        }),
      ),
    onSuccess: (copy) => {
      void queryClient.invalidateQueries({ queryKey: CARDS });
      onClose();
      void navigate({ to: "/cards/$slug", params: { slug: copy.slug } });
    },
  });
  const taken = duplicate.error instanceof ProblemError && duplicate.error.problem.status === 409;
  const ready = title.trim() !== "" && isSlug(slug);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Duplicate"
      actions={
        <>
          {duplicate.isError && !taken && (
            <span className="t-fail small" role="alert">
              {sentence(duplicate.error)}
            </span>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={duplicate.isPending} disabled={!ready}>
            Duplicate
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !duplicate.isPending) duplicate.mutate();
        }}
      >
        <TextField
          label="Title"
          value={title}
          maxLength={200}
          onChange={(event) => setTitle(event.target.value)}
          autoFocus
        />
        <TextField
          label="Name in addresses"
          className="input mono"
          value={slug}
          onChange={(event) => setSlug(event.target.value)}
          error={
            taken
              ? duplicate.error?.message
              : isSlug(slug)
                ? undefined
                : "Use lower case and hyphens, for example grade-school"
          }
        />
      </form>
    </Dialog>
  );
}
