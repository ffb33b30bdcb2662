import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client, ifMatch, readTagged, WORKSPACE } from "@/api/client";
import { sentence } from "@/api/problem";
import { useRights } from "@/api/sessionState";
import type { Card } from "@/api/types";
import { Button } from "@/components/Button";
import { toast, toastFailure } from "@/components/toasts";
import { sameContent } from "../content";
import { useDraft } from "../draft/DraftProvider";
import { versionQuery, versionsQuery } from "../queries";
import { VersionItem } from "../versions/VersionItem";

const SHOWN = 6;

/** The latest versions, the draft above them. */
export function VersionsPart({ card }: { card: Card }) {
  const versions = useInfiniteQuery(versionsQuery(card.slug));
  const items = versions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="part" aria-label="Versions">
      <div className="part__head">
        <h2>Versions</h2>
        {items.length > 0 && (
          <Link className="btn btn--quiet push" to="/cards/$slug/versions" params={{ slug: card.slug }}>
            All versions
          </Link>
        )}
      </div>
      <ol className="versions">
        <DraftItem card={card} />
        {items.slice(0, SHOWN).map((version) => (
          <VersionItem key={version.number} slug={card.slug} version={version} />
        ))}
      </ol>
    </section>
  );
}

function DraftItem({ card }: { card: Card }) {
  const { content, keeper } = useDraft();
  const { edit } = useRights();
  const latest = useQuery({
    ...versionQuery(card.slug, card.latest_version ?? 0),
    enabled: card.latest_version !== null,
  });
  const isNew = card.latest_version === null;
  const changed = isNew || (latest.data !== undefined && !sameContent(latest.data.content, content));

  async function discard() {
    const before = keeper.snapshot().content;
    try {
      await keeper.flush();
      keeper.adopt(
        await readTagged(
          client.DELETE("/api/v1/workspaces/{ws}/cards/{slug}/draft", {
            params: {
              path: { ...WORKSPACE, slug: card.slug },
              header: ifMatch(keeper.snapshot().saved.etag),
            },
          }),
        ),
      );
      toast("Draft discarded.", { undo: () => keeper.edit(before) });
    } catch (error) {
      toastFailure(`The draft was not discarded. ${sentence(error)}`);
    }
  }
  return (
    <li>
      <span className="dot dot--draft" />
      <div>
        <p>
          <span className="medium">Draft</span>{" "}
          <span className="dim">
            {changed ? "not saved as a version" : `the same as v${card.latest_version}`}
          </span>
        </p>
      </div>
      <span>
        {changed && !isNew && edit && (
          <Button kind="quiet" onClick={() => void discard()}>
            Discard
          </Button>
        )}
      </span>
    </li>
  );
}
