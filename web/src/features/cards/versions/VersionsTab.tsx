import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Card, VersionSummary } from "@/api/types";
import { Button } from "@/components/Button";
import { Segments, Select } from "@/components/Fields";
import { LoadMore } from "@/components/LoadMore";
import { Empty, Failure, SkeletonLines } from "@/components/States";
import { toast } from "@/components/toasts";
import { When } from "@/components/When";
import { shortDigest } from "@/lib/format";
import { messageText } from "../content";
import { useDraftKeeper } from "../draft/DraftProvider";
import { versionQuery, versionsQuery } from "../queries";
import { Changes } from "./Changes";
import { LabelsForm } from "./LabelsForm";
import { VersionItem } from "./VersionItem";
import "./versions.css";
import { useRights } from "@/api/sessionState";

const route = getRouteApi("/cards/$slug/versions");

/** Every version on a line; beside it the one that is chosen and what it changed. */
export function VersionsTab({ card }: { card: Card }) {
  const { version: chosen, against } = route.useSearch();
  const versions = useInfiniteQuery(versionsQuery(card.slug));
  const items = versions.data?.pages.flatMap((page) => page.items);
  if (versions.isError && !items) {
    return (
      <div className="page">
        <Failure error={versions.error} onRetry={() => void versions.refetch()} />
      </div>
    );
  }
  if (!items) {
    return (
      <div className="page">
        <SkeletonLines label="Loading versions" />
      </div>
    );
  }
  const number = chosen ?? card.latest_version;
  if (number === null || items.length === 0) {
    return (
      <div className="page">
        <Empty
          title="No version yet"
          actions={
            <Link className="btn btn--primary" to="/cards/$slug" params={{ slug: card.slug }}>
              Open the editor
            </Link>
          }
        >
          A version is a draft that was saved for good. Runs use versions, so save the first one when the
          draft does what you want.
        </Empty>
      </div>
    );
  }
  return (
    <div className="versions-tab">
      <aside className="versions-tab__list" aria-label="All versions">
        <ol className="versions">
          {items.map((version) => (
            <VersionItem
              key={version.number}
              slug={card.slug}
              version={version}
              current={version.number === number}
            />
          ))}
        </ol>
        <LoadMore pages={versions} />
      </aside>
      <VersionView key={number} card={card} number={number} against={against} items={items} />
    </div>
  );
}

function VersionView({
  card,
  number,
  against,
  items,
}: {
  card: Card;
  number: number;
  against: number | undefined;
  items: VersionSummary[];
}) {
  const navigate = useNavigate();
  const keeper = useDraftKeeper();
  const rights = useRights();
  const [view, setView] = useState<"changes" | "whole">("changes");
  const other = against ?? (number > 1 ? number - 1 : null);
  const version = useQuery(versionQuery(card.slug, number));
  const before = useQuery({ ...versionQuery(card.slug, other ?? 0), enabled: other !== null });
  if (version.isError) return <Failure error={version.error} onRetry={() => void version.refetch()} />;
  if (!version.data) return <SkeletonLines label="Loading the version" />;
  const { content, message, author, created_at, content_hash } = version.data;

  function edit() {
    const draft = keeper.snapshot().content;
    keeper.edit(content);
    toast(`v${number} is the draft now.`, { undo: () => keeper.edit(draft) });
    void navigate({ to: "/cards/$slug", params: { slug: card.slug } });
  }
  return (
    <div className="versions-tab__one">
      <div className="page__head">
        <div>
          <h2>
            v{number} {message}
          </h2>
          <p className="dim">
            {author}, <When at={created_at} />, <span className="mono">{shortDigest(content_hash)}</span>
          </p>
        </div>
        {rights.edit && (
          <div className="page__acts">
            <Link className="btn" to="/runs/new" search={{ card: card.slug, version: number }}>
              Run its cases
            </Link>
            <Button onClick={edit}>Edit as draft</Button>
          </div>
        )}
      </div>
      <LabelsForm card={card} version={number} />
      <section className="part">
        <div className="part__head">
          <Segments
            label="Show"
            value={view}
            onChange={setView}
            options={[
              { value: "changes", label: "Changes" },
              { value: "whole", label: "Whole text" },
            ]}
          />
          {view === "changes" && (
            <span className="line line--tight push">
              <span className="dim">compared with</span>
              <Select
                small
                aria-label="Compare with"
                value={other ?? ""}
                onChange={(event) =>
                  void navigate({
                    to: "/cards/$slug/versions",
                    params: { slug: card.slug },
                    search: { version: number, against: Number(event.target.value) },
                  })
                }
              >
                {other === null && <option value="">nothing</option>}
                {items
                  .filter((item) => item.number !== number)
                  .map((item) => (
                    <option key={item.number} value={item.number}>
                      v{item.number}
                    </option>
                  ))}
              </Select>
            </span>
          )}
        </div>
        {view === "whole" ? (
          content.messages.map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: messages have no name but their place
            <div className="frame" key={index}>
              <div className="frame__head">{part.role}</div>
              <div className="text">{messageText(part)}</div>
            </div>
          ))
        ) : other !== null && !before.data ? (
          <SkeletonLines label="Loading the other version" />
        ) : (
          <Changes before={before.data?.content} after={content} />
        )}
      </section>
    </div>
  );
}
