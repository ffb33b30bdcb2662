import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { CARDS } from "@/api/keys";
import { sentence } from "@/api/problem";
import { useRights } from "@/api/sessionState";
import type { Card } from "@/api/types";
import { Button, Kbd } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { LabelChip } from "@/components/Labels";
import { Menu } from "@/components/Layers";
import { lazily } from "@/components/lazily";
import { toast, toastFailure } from "@/components/toasts";
import { ReadOnly } from "@/features/workspaces";
import { count } from "@/lib/format";
import { MOD_KEY, useHotkeys } from "@/lib/hotkeys";
import { DuplicateDialog } from "./DuplicateDialog";
import { ReviewDialog } from "./ReviewDialog";

const ShareDialog = lazily(
  "share",
  async () => (await import("@/features/shares")).ShareDialog,
  () => null,
);

/** Title, labels, what can be done with the card, and its tabs. */
export function CardHead({ card }: { card: Card }) {
  const [reviewing, setReviewing] = useState(false);
  const [duplicating, setDuplicating] = useState(false);
  const [sharing, setSharing] = useState(false);
  const navigate = useNavigate();
  const archive = useArchive(card);
  const slug = card.slug;
  const { edit } = useRights();
  useHotkeys({
    e: () => void navigate({ to: "/cards/$slug", params: { slug } }),
    ...(edit
      ? {
          "mod+s": () => setReviewing(true),
          r: () => void navigate({ to: "/runs/new", search: { card: slug } }),
        }
      : {}),
  });
  return (
    <div className="card__head">
      <div className="card__title">
        <h1>{card.title}</h1>
        <span className="mono dim">{card.folder ? `${card.folder}/${slug}` : slug}</span>
        {card.archived && <span className="chip">archived</span>}
        {card.labels.map((label) => (
          <span className="line line--tight" key={label.name}>
            <LabelChip name={label.name} />
            <span className="hint">v{label.version}</span>
          </span>
        ))}
        {edit && (
          <span className="btns">
            <Menu
              label="More"
              items={[
                { label: "Share", icon: "share", onSelect: () => setSharing(true), disabled: card.archived },
                { label: "Duplicate", icon: "copy", onSelect: () => setDuplicating(true) },
                card.archived
                  ? { label: "Restore", icon: "undo", onSelect: () => archive.mutate(false) }
                  : { label: "Archive", icon: "x", onSelect: () => archive.mutate(true) },
              ]}
            />
            <Link className="btn" to="/runs/new" search={{ card: slug }}>
              <Icon name="run" />
              Run cases
            </Link>
            <Button kind="primary" onClick={() => setReviewing(true)}>
              Review and save v{(card.latest_version ?? 0) + 1}
              <Kbd>{MOD_KEY}S</Kbd>
            </Button>
          </span>
        )}
      </div>
      <ReadOnly cannot="change or run cards" />
      <nav className="tabs" aria-label="Card">
        <Link to="/cards/$slug" params={{ slug }} activeOptions={{ exact: true, includeSearch: false }}>
          Editor
        </Link>
        <Link to="/cards/$slug/cases" params={{ slug }} activeOptions={{ includeSearch: false }}>
          Cases <span className="num">{count(card.case_count)}</span>
        </Link>
        <Link to="/cards/$slug/versions" params={{ slug }} activeOptions={{ includeSearch: false }}>
          Versions <span className="num">{card.latest_version ?? 0}</span>
        </Link>
        <Link to="/cards/$slug/runs" params={{ slug }}>
          Runs
        </Link>
        <Link to="/cards/$slug/settings" params={{ slug }}>
          Settings
        </Link>
      </nav>
      <ReviewDialog card={card} open={reviewing} onClose={() => setReviewing(false)} />
      {sharing && (
        <Suspense>
          <ShareDialog of={{ card: slug }} title={card.title} onClose={() => setSharing(false)} />
        </Suspense>
      )}
      {duplicating && <DuplicateDialog card={card} open onClose={() => setDuplicating(false)} />}
    </div>
  );
}

/** Archives (true) or restores (false) a card; archiving is taken back by its toast. */
function useArchive(card: Card) {
  const queryClient = useQueryClient();
  function send(archived: boolean) {
    const params = { path: { ...WORKSPACE, slug: card.slug } };
    return archived
      ? read(client.POST("/api/v1/workspaces/{ws}/cards/{slug}/archive", { params }))
      : read(client.POST("/api/v1/workspaces/{ws}/cards/{slug}/restore", { params }));
  }
  const archive = useMutation({
    mutationFn: send,
    onSuccess: async (_, archived) => {
      await queryClient.invalidateQueries({ queryKey: CARDS });
      if (archived) toast(`Card archived: ${card.title}`, { undo: () => archive.mutate(false) });
      else toast(`Card restored: ${card.title}`);
    },
    onError: (error) => toastFailure(`The card was not changed. ${sentence(error)}`),
  });
  return archive;
}
