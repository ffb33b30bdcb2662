import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { sentence } from "@/api/problem";
import { Checkbox, SelectField } from "@/components/Fields";
import { LabelChip } from "@/components/Labels";
import { LoadMore } from "@/components/LoadMore";
import { SkeletonLines } from "@/components/States";
import { cardQuery, cardsQuery, versionsQuery } from "@/features/cards";

interface Props {
  slug: string;
  versions: number[];
  onCard: (slug: string) => void;
  onVersions: (versions: number[]) => void;
  onSuite: (suiteId: string | undefined) => void;
}

/** Which card, and which of its versions: the latest to begin with. */
export function ChooseCard({ slug, versions, onCard, onVersions, onSuite }: Props) {
  const cards = useInfiniteQuery(cardsQuery({}));
  const items = cards.data?.pages.flatMap((page) => page.items) ?? [];
  const card = useQuery({ ...cardQuery(slug), enabled: slug !== "" });
  const chosen = card.data?.value;
  const listed = items.some((item) => item.slug === slug);
  return (
    <section className="part" aria-label="What">
      <div className="part__head">
        <h2>What</h2>
      </div>
      <div className="form">
        <SelectField
          label="Card"
          value={slug}
          error={card.isError ? sentence(card.error) : undefined}
          onChange={(event) => onCard(event.target.value)}
        >
          <option value="">Choose a card</option>
          {!listed && slug !== "" && <option value={slug}>{chosen?.title ?? slug}</option>}
          {items.map((item) => (
            <option key={item.id} value={item.slug}>
              {item.folder ? `${item.folder} / ` : ""}
              {item.title}
            </option>
          ))}
        </SelectField>
        <LoadMore pages={cards} />
        {chosen?.latest_version === null && (
          <p className="small t-error">
            This card has no version yet.{" "}
            <Link to="/cards/$slug" params={{ slug }}>
              Save one in its editor
            </Link>
            , then it can run.
          </p>
        )}
        {chosen && chosen.latest_version !== null && (
          <Versions
            key={slug}
            slug={slug}
            latest={chosen.latest_version}
            suiteId={chosen.suite_id}
            versions={versions}
            onVersions={onVersions}
            onSuite={onSuite}
          />
        )}
      </div>
    </section>
  );
}

function Versions({
  slug,
  latest,
  suiteId,
  versions,
  onVersions,
  onSuite,
}: {
  slug: string;
  latest: number;
  suiteId: string;
} & Pick<Props, "versions" | "onVersions" | "onSuite">) {
  const list = useInfiniteQuery(versionsQuery(slug));
  const items = list.data?.pages.flatMap((page) => page.items);
  const none = versions.length === 0;
  useEffect(() => {
    if (none) onVersions([latest]);
  }, [none, latest, onVersions]);
  useEffect(() => {
    onSuite(suiteId);
    return () => onSuite(undefined);
  }, [suiteId, onSuite]);
  if (!items) return <SkeletonLines label="Loading versions" lines={2} />;
  return (
    <fieldset className="options" aria-label="Versions">
      {items.map((version) => (
        <Checkbox
          key={version.number}
          checked={versions.includes(version.number)}
          onChange={(event) =>
            onVersions(
              event.target.checked
                ? [...versions, version.number].sort((a, b) => b - a)
                : versions.filter((number) => number !== version.number),
            )
          }
        >
          <span className="chip">v{version.number}</span>
          <span className="cut">{version.message}</span>
          {version.labels.map((label) => (
            <LabelChip key={label} name={label} />
          ))}
        </Checkbox>
      ))}
      <LoadMore pages={list} />
    </fieldset>
  );
}
