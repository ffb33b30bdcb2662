import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Run } from "@/api/types";
import { Icon } from "@/components/Icon";
import { LoadMore } from "@/components/LoadMore";
import { Meter, Rate } from "@/components/Rate";
import { Empty, Failure, SkeletonRows } from "@/components/States";
import { type Mark, Simulated, VerdictMark } from "@/components/Verdict";
import { When } from "@/components/When";
import { count, plural } from "@/lib/format";
import { wilson } from "@/lib/wilson";
import { type RunFilters, runsQuery } from "./queries";
import { sharesOf } from "./shares";
import "./runs.css";
import { useRights } from "@/api/sessionState";

/** Runs in rows, newest first. */
export function RunsTable({ filters, limit }: { filters: RunFilters; limit?: number }) {
  const runs = useInfiniteQuery(runsQuery(filters));
  const items = runs.data?.pages.flatMap((page) => page.items).slice(0, limit);
  if (runs.isError && !items) return <Failure error={runs.error} onRetry={() => void runs.refetch()} />;
  if (items?.length === 0) return <NoRuns filters={filters} />;
  return (
    <>
      <div className="scroll-x">
        <table className="table runs-table" aria-busy={items === undefined}>
          <thead>
            <tr>
              <th scope="col" className="r">
                Run
              </th>
              <th scope="col">Card</th>
              <th scope="col" className="only-wide">
                Models
              </th>
              <th scope="col" className="only-wide">
                State
              </th>
              <th scope="col" className="r only-wide">
                Pass
              </th>
              <th scope="col" className="r">
                Rate, 95%
              </th>
              <th scope="col" className="r only-wide">
                Started
              </th>
            </tr>
          </thead>
          <tbody>
            {items ? (
              items.map((run) => <RunRow key={run.id} run={run} />)
            ) : (
              <SkeletonRows rows={5} columns={7} />
            )}
          </tbody>
        </table>
      </div>
      {limit === undefined && <LoadMore pages={runs} />}
    </>
  );
}

function NoRuns({ filters }: { filters: RunFilters }) {
  const { edit } = useRights();
  if (filters.state) {
    return (
      <Empty
        title={`No run is ${filters.state}`}
        actions={
          <Link className="btn" to="/runs">
            Show all runs
          </Link>
        }
      />
    );
  }
  return (
    <Empty
      title="No run yet"
      actions={
        edit && (
          <Link className="btn" to="/runs/new" search={filters.card ? { card: filters.card } : {}}>
            <Icon name="run" />
            New run
          </Link>
        )
      }
    >
      A run asks models to answer every case of a card and judges what they say.
    </Empty>
  );
}

function RunRow({ run }: { run: Run }) {
  const judged = run.counts.pass + run.counts.fail;
  const [card] = run.cards;
  return (
    <tr>
      <td className="num r">
        <Link to="/runs/$runId" params={{ runId: run.id }}>
          {count(run.number)}
        </Link>
      </td>
      <td className="grow">
        <span className="line">
          <Link className="name cut" to="/runs/$runId" params={{ runId: run.id }}>
            {card?.title ?? "No card"}
          </Link>
          {run.cards.map((version) => (
            <span className="chip" key={`${version.slug} ${version.version}`}>
              v{version.version}
            </span>
          ))}
          {run.state !== "finished" && (
            <span className="only-narrow">
              <VerdictMark mark={MARKS[run.state][0]} word={MARKS[run.state][1]} />
            </span>
          )}
          {run.note && <span className="dim cut opt">{run.note}</span>}
        </span>
      </td>
      <td className="only-wide">
        <span className="line line--tight">
          <span className="mono cut runs-table__model">{run.models[0]?.model}</span>
          {run.models.length > 1 && <span className="hint">and {run.models.length - 1} more</span>}
          {run.simulated && <Simulated />}
        </span>
      </td>
      <td className="only-wide">
        <State run={run} />
      </td>
      <td className="num r only-wide">
        {judged > 0 ? (
          `${count(run.counts.pass)} of ${count(judged)}`
        ) : (
          <span className="hint">{plural(run.cell_count, "cell")}</span>
        )}
      </td>
      <td className="r">
        {run.simulated ? (
          <span className="hint">not counted</span>
        ) : (
          <Rate passed={run.counts.pass} judged={judged} interval={wilson(run.counts.pass, judged)} />
        )}
      </td>
      <td className="dim r only-wide">
        <When at={run.created_at} />
      </td>
    </tr>
  );
}

const MARKS: Record<Run["state"], [Mark, string]> = {
  preparing: ["wait", "Preparing"],
  queued: ["wait", "Queued"],
  running: ["live", "Running"],
  paused: ["wait", "Paused"],
  cancelled: ["none", "Cancelled"],
  finished: ["pass", "Finished"],
  removing: ["none", "Deleted"],
};

function finishedCells({ counts }: Run): number {
  return counts.pass + counts.fail + counts.error + counts.invalid + counts.unjudged;
}

function State({ run }: { run: Run }) {
  const done = finishedCells(run);
  const [mark, word] = MARKS[run.state];
  if (run.state === "finished") {
    const { error, invalid } = run.counts;
    const beside = [error > 0 && plural(error, "error"), invalid > 0 && `${count(invalid)} invalid`].filter(
      Boolean,
    );
    return <span className="dim">{beside.length > 0 ? `${word}, ${beside.join(", ")}` : word}</span>;
  }
  return (
    <span className="line line--tight">
      <VerdictMark mark={mark} word={word} />
      <span className="dim only-wide" aria-hidden="true">
        {word}
      </span>
      <span className="num hint">
        {count(done)} of {count(run.cell_count)}
      </span>
    </span>
  );
}

/** A run that is at work, in three lines. */
export function RunProgress({ run }: { run: Run }) {
  const done = finishedCells(run);
  return (
    <div className="progress">
      <span className="cut">
        <Link to="/runs/$runId" params={{ runId: run.id }}>
          Run {run.number}
        </Link>{" "}
        <span className="dim">{run.cards[0]?.title}</span>
      </span>
      <span className="num dim">{Math.floor((done / Math.max(run.cell_count, 1)) * 100)}%</span>
      <Meter shares={sharesOf(run.counts)} total={run.cell_count} />
      <span className="progress__note num">
        {count(done)} of {count(run.cell_count)}
        {run.simulated && ", simulated"}
      </span>
    </div>
  );
}
