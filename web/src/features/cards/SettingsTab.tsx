import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client, ifMatch, readTagged, type Tagged, WORKSPACE } from "@/api/client";
import { CARDS } from "@/api/keys";
import { isStale, ProblemError, sentence } from "@/api/problem";
import { useRights } from "@/api/sessionState";
import type { Card } from "@/api/types";
import { Button } from "@/components/Button";
import { TextAreaField, TextField } from "@/components/Fields";
import { toast } from "@/components/toasts";
import { isSlug } from "@/lib/slug";
import { cardQuery } from "./queries";

/** What a card is called and where it is kept. */
export function SettingsTab({ card }: { card: Tagged<Card> }) {
  // A new ETag after somebody else's change starts the form afresh only when this one was saved or left.
  const [read, setRead] = useState(card);
  const [form, setForm] = useState(() => formOf(card.value));
  const { edit } = useRights();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const save = useMutation({
    mutationFn: (etag: string) =>
      readTagged(
        client.PATCH("/api/v1/workspaces/{ws}/cards/{slug}", {
          params: { path: { ...WORKSPACE, slug: read.value.slug }, header: ifMatch(etag) },
          body: {
            title: form.title.trim(),
            slug: form.slug,
            folder: form.folder.trim(),
            description: form.description,
            tags: tagsOf(form.tags),
          },
        }),
      ),
    onSuccess: (saved) => {
      setRead(saved);
      setForm(formOf(saved.value));
      queryClient.setQueryData(cardQuery(saved.value.slug).queryKey, saved);
      void queryClient.invalidateQueries({ queryKey: CARDS });
      toast("Card saved.");
      if (saved.value.slug !== read.value.slug) {
        void navigate({ to: "/cards/$slug/settings", params: { slug: saved.value.slug }, replace: true });
      }
    },
  });
  const refused = save.error instanceof ProblemError ? save.error : undefined;
  const stale = isStale(save.error) ? save.error : undefined;
  const slugWrong = !isSlug(form.slug);
  const set = (name: keyof typeof form) => (event: { target: { value: string } }) =>
    setForm((before) => ({ ...before, [name]: event.target.value }));
  return (
    <div className="page">
      <form
        className="form form--page"
        onSubmit={(event) => {
          event.preventDefault();
          if (form.title.trim() !== "" && !slugWrong && !save.isPending) save.mutate(read.etag);
        }}
      >
        <fieldset className="contents" disabled={!edit}>
          <TextField
            label="Title"
            value={form.title}
            maxLength={200}
            onChange={set("title")}
            error={refused?.at("/title") ?? (form.title.trim() === "" ? "A card needs a title" : undefined)}
          />
          <TextField
            label="Name in addresses"
            className="input mono"
            value={form.slug}
            maxLength={100}
            onChange={set("slug")}
            note="Applications that ask for the card by the old name no longer find it."
            error={
              refused?.at("/slug") ??
              (slugWrong ? "Use lower case and hyphens, for example grade-school" : undefined)
            }
          />
          <TextField
            label="Folder"
            hint="optional; a slash makes a folder in a folder"
            className="input mono"
            value={form.folder}
            onChange={set("folder")}
            error={refused?.at("/folder")}
          />
          <TextField
            label="Tags"
            hint="separated by commas"
            value={form.tags}
            onChange={set("tags")}
            error={refused?.at("/tags")}
          />
          <TextAreaField
            label="Description"
            rows={4}
            value={form.description}
            onChange={set("description")}
            error={refused?.at("/description")}
          />
          {stale ? (
            <div className="banner banner--boxed" role="alert">
              <p>
                <strong className="medium">Someone changed this card before you.</strong> {stale.message} What
                you typed is still here.
              </p>
              <Button
                kind="quiet"
                onClick={() => {
                  setRead(card);
                  setForm(formOf(card.value));
                  save.reset();
                  void queryClient.invalidateQueries({ queryKey: CARDS });
                }}
              >
                Start from theirs
              </Button>
              <Button onClick={() => save.mutate(stale.etag ?? read.etag)}>Save mine over it</Button>
            </div>
          ) : (
            save.isError && (
              <p className="t-fail" role="alert">
                Not saved. {sentence(save.error)}
              </p>
            )
          )}
          {edit && (
            <div className="line">
              <Button kind="primary" type="submit" busy={save.isPending}>
                Save
              </Button>
            </div>
          )}
        </fieldset>
      </form>
    </div>
  );
}

function formOf(card: Card) {
  return {
    title: card.title,
    slug: card.slug,
    folder: card.folder,
    tags: card.tags.join(", "),
    description: card.description,
  };
}

function tagsOf(text: string): string[] {
  return [...new Set(text.split(",").map((tag) => tag.trim()))].filter((tag) => tag !== "");
}
