import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type SharedSource, sharedCasesQuery, sharedVersionQuery, sharedVersionsQuery } from "@/api/shared";
import type { SharedCard as Card, Case, Version } from "@/api/types";
import { Select } from "@/components/Fields";
import { LabelChip, Tag } from "@/components/Labels";
import { LoadMore } from "@/components/LoadMore";
import { Empty, Failure, SkeletonLines } from "@/components/States";
import { When } from "@/components/When";
import { assertionsSummary, caseTitle } from "@/features/cases";
import { count } from "@/lib/format";
import { textOfValue } from "@/lib/values";
import { changedSections } from "./content";
import "./shared.css";

/** A card to read: its versions and its cases. */
export function SharedCard({
  source,
  card,
  latest,
}: {
  source: SharedSource;
  card: Card;
  latest: Version | null;
}) {
  const [number, setNumber] = useState(latest?.number ?? 0);
  const versions = useInfiniteQuery({ ...sharedVersionsQuery(source), enabled: latest !== null });
  const chosen = useQuery({
    ...sharedVersionQuery(source, number),
    enabled: latest !== null && number !== latest.number,
  });
  const shown = number === latest?.number ? latest : chosen.data;
  const items = versions.data?.pages.flatMap((page) => page.versions) ?? (latest ? [latest] : []);
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>{card.title}</h1>
          {card.description && <p className="shared-card__text">{card.description}</p>}
          <p className="line line--wrap">
            {card.labels.map((label) => (
              <span className="line line--tight" key={label.name}>
                <LabelChip name={label.name} />
                <span className="hint">v{label.version}</span>
              </span>
            ))}
            {card.tags.map((tag) => (
              <Tag key={tag}>{tag}</Tag>
            ))}
          </p>
        </div>
      </div>
      {latest === null ? (
        <Empty title="No version yet">Who shared this card has not saved a version of it.</Empty>
      ) : (
        <section className="section" aria-label="Versions">
          <div className="section__head">
            <h2>Prompt</h2>
            <span className="push line line--tight">
              <Select
                small
                aria-label="Version"
                value={number}
                onChange={(event) => setNumber(Number(event.target.value))}
              >
                {items.map((item) => (
                  <option key={item.number} value={item.number}>
                    v{item.number}
                  </option>
                ))}
              </Select>
            </span>
          </div>
          <LoadMore pages={versions} />
          {shown ? (
            <VersionText version={shown} />
          ) : chosen.isError ? (
            <Failure error={chosen.error} onRetry={() => void chosen.refetch()} />
          ) : (
            <SkeletonLines label="Loading the version" />
          )}
        </section>
      )}
      <SharedCases source={source} total={card.case_count} />
    </div>
  );
}

function VersionText({ version }: { version: Version }) {
  return (
    <div className="shared-card__parts">
      <p className="dim">
        {version.message} <When at={version.created_at} />
        {version.labels.map((label) => (
          <LabelChip key={label} name={label} />
        ))}
      </p>
      {changedSections(undefined, version.content).map((section) => (
        <section className="frame" key={section.title} aria-label={section.title}>
          <div className="frame__head">{section.title}</div>
          <div className="text">{section.after}</div>
        </section>
      ))}
    </div>
  );
}

function SharedCases({ source, total }: { source: SharedSource; total: number }) {
  const cases = useInfiniteQuery({ ...sharedCasesQuery(source), enabled: total > 0 });
  const items = cases.data?.pages.flatMap((page) => page.cases);
  return (
    <section className="section" aria-label="Cases">
      <div className="section__head">
        <h2>Cases</h2>
        <span className="count">{count(total)}</span>
      </div>
      {items ? (
        <ol className="shared-cases">
          {items.map((item) => (
            <CaseItem key={item.id} item={item} />
          ))}
        </ol>
      ) : cases.isError ? (
        <Failure error={cases.error} onRetry={() => void cases.refetch()} />
      ) : total > 0 ? (
        <SkeletonLines label="Loading cases" />
      ) : (
        <p className="hint">There is none.</p>
      )}
      <LoadMore pages={cases} />
    </section>
  );
}

function CaseItem({ item: { position, content } }: { item: Case }) {
  const { variables = {}, assertions = [], expected_output } = content;
  return (
    <li>
      <details>
        <summary>
          <span className="num dim">{count(position)}</span> {caseTitle(content)}
        </summary>
        <dl className="facts facts--text">
          {Object.entries(variables).map(([name, value]) => (
            <Fact key={name} name={name} value={textOfValue(value)} />
          ))}
          {typeof expected_output === "string" && <Fact name="expected output" value={expected_output} />}
          {assertions.length > 0 && <Fact name="assertions" value={assertionsSummary(assertions)} />}
        </dl>
      </details>
    </li>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="mono">{name}</dt>
      <dd>{value === "" ? <span className="hint">empty</span> : value}</dd>
    </>
  );
}
