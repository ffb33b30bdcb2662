import { Link } from "@tanstack/react-router";
import type { Card } from "@/api/types";
import { LabelChip, Tag } from "@/components/Labels";
import { Rate } from "@/components/Rate";
import { SkeletonRows } from "@/components/States";
import { Simulated } from "@/components/Verdict";
import { When } from "@/components/When";
import { count } from "@/lib/format";
import { wilson } from "@/lib/wilson";

/** Cards in rows; grey rows of the same height until they are here. */
export function CardsTable({ cards }: { cards: Card[] | undefined }) {
  return (
    <div className="scroll-x">
      <table className="table cards-table" aria-busy={cards === undefined}>
        <thead>
          <tr>
            <th scope="col">Card</th>
            <th scope="col" className="only-wide opt">
              Tags
            </th>
            <th scope="col">Latest</th>
            <th scope="col" className="only-wide">
              Labels
            </th>
            <th scope="col" className="r only-wide">
              Cases
            </th>
            <th scope="col" className="r">
              Last rate, 95%
            </th>
            <th scope="col" className="r only-wide">
              Changed
            </th>
          </tr>
        </thead>
        <tbody>
          {cards ? (
            cards.map((card) => <CardRow key={card.id} card={card} />)
          ) : (
            <SkeletonRows rows={8} columns={7} />
          )}
        </tbody>
      </table>
    </div>
  );
}

const TAGS_SHOWN = 3;

function CardRow({ card }: { card: Card }) {
  return (
    <tr>
      <td className="grow">
        <span className="line">
          <Link className="name cut" to="/cards/$slug" params={{ slug: card.slug }}>
            {card.title}
          </Link>
          <span className="mono dim cut opt">{card.folder ? `${card.folder}/${card.slug}` : card.slug}</span>
        </span>
      </td>
      <td className="only-wide opt">
        <span className="line line--tight">
          {card.tags.slice(0, TAGS_SHOWN).map((tag) => (
            <Tag key={tag}>{tag}</Tag>
          ))}
          {card.tags.length > TAGS_SHOWN && <span className="hint">+{card.tags.length - TAGS_SHOWN}</span>}
        </span>
      </td>
      <td>
        {card.latest_version === null ? (
          <span className="hint">draft</span>
        ) : (
          <span className="chip">v{card.latest_version}</span>
        )}
      </td>
      <td className="only-wide">
        <span className="line line--tight">
          {card.labels.length === 0 && <span className="hint">none</span>}
          {card.labels.map((label) => (
            <span className="line line--tight" key={label.name}>
              <LabelChip name={label.name} />
              <span className="hint">v{label.version}</span>
            </span>
          ))}
        </span>
      </td>
      <td className="num r only-wide">{card.case_count > 0 && count(card.case_count)}</td>
      <td className="r rate">
        <LastRate card={card} />
      </td>
      <td className="dim r only-wide">
        <When at={card.updated_at} />
      </td>
    </tr>
  );
}

function LastRate({ card }: { card: Card }) {
  const rate = card.last_rate;
  if (card.case_count === 0) return <span className="hint">No cases</span>;
  if (!rate) return <span className="hint">No run yet</span>;
  if (rate.simulated) return <Simulated />;
  return <Rate passed={rate.passed} judged={rate.judged} interval={wilson(rate.passed, rate.judged)} />;
}
