import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useId, useState } from "react";
import { client, once, read, WORKSPACE } from "@/api/client";
import { CARDS } from "@/api/keys";
import { ProblemError, sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { isSlug, slugOf } from "@/lib/slug";

/** Asks for a title, makes the address of it, and opens the new card. */
export function NewCardDialog({
  open,
  folder,
  onClose,
}: {
  open: boolean;
  folder: string;
  onClose: () => void;
}) {
  const form = useId();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [title, setTitle] = useState("");
  const [ownSlug, setOwnSlug] = useState<string | null>(null);
  const [inFolder, setInFolder] = useState(folder);
  const [touched, setTouched] = useState(false);
  const slug = ownSlug ?? slugOf(title);
  const create = useMutation({
    mutationFn: () =>
      read(
        client.POST("/api/v1/workspaces/{ws}/cards", {
          params: { path: WORKSPACE, header: once() },
          body: { slug, title: title.trim(), folder: inFolder.trim() },
        }),
      ),
    onSuccess: (card) => {
      void queryClient.invalidateQueries({ queryKey: CARDS });
      void navigate({ to: "/cards/$slug", params: { slug: card.slug } });
    },
  });
  // Each time it opens it starts afresh, in the folder that the list shows.
  const { reset } = create;
  useEffect(() => {
    if (!open) return;
    setTitle("");
    setOwnSlug(null);
    setInFolder(folder);
    setTouched(false);
    reset();
  }, [open, folder, reset]);

  const refused = create.error instanceof ProblemError ? create.error : undefined;
  const slugError =
    refused?.at("/slug") ??
    (refused?.problem.status === 409 ? refused.message : undefined) ??
    (touched && slug !== "" && !isSlug(slug)
      ? `Use lower case and hyphens, for example ${slugOf(slug) || "grade-school"}`
      : undefined);
  const titleError =
    refused?.at("/title") ?? (touched && title.trim() === "" ? "A card needs a title" : undefined);
  const elsewhere =
    create.error && !slugError && !titleError && !refused?.at("/folder") ? sentence(create.error) : undefined;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New card"
      actions={
        <>
          {elsewhere && (
            <span className="t-fail small" role="alert">
              {elsewhere}
            </span>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={create.isPending}>
            Create card
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          setTouched(true);
          if (title.trim() !== "" && isSlug(slug) && !create.isPending) create.mutate();
        }}
      >
        <TextField
          label="Title"
          value={title}
          onChange={(event) => setTitle(event.target.value)}
          placeholder="Sort a support ticket"
          maxLength={200}
          error={titleError}
          autoFocus
        />
        <TextField
          label="Name in addresses"
          note="Lower case, digits, hyphens. Applications ask for the card by it."
          className="input mono"
          value={slug}
          onChange={(event) => setOwnSlug(event.target.value)}
          onBlur={() => setTouched(title.trim() !== "")}
          placeholder="sort-a-support-ticket"
          error={slugError}
        />
        <TextField
          label="Folder"
          hint="optional"
          className="input mono"
          value={inFolder}
          onChange={(event) => setInFolder(event.target.value)}
          placeholder="support"
          error={refused?.at("/folder")}
        />
      </form>
    </Dialog>
  );
}
