import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type CSSProperties, type MouseEvent, Suspense, useRef, useState } from "react";
import { type SharedSource, sharedCellQuery, sharedRowsQuery } from "@/api/shared";
import type { CaseView, CellSummary, Run } from "@/api/types";
import { Drawer } from "@/components/Drawer";
import { LoadMore } from "@/components/LoadMore";
import { lazily } from "@/components/lazily";
import { Failure, SkeletonLines } from "@/components/States";
import { Simulated } from "@/components/Verdict";
import { When } from "@/components/When";
import { CodeMissingError } from "@/lib/code";
import { plural } from "@/lib/format";
import { Lanes } from "./head/Lanes";
import { Metrics } from "./head/Metrics";
import { Counts, StateChip } from "./head/RunHead";
import { MatrixHead } from "./matrix/MatrixHead";
import { MatrixRow } from "./matrix/MatrixRow";
import { useCellKeys } from "./matrix/useCellKeys";
import "./run.css";
import "./shared.css";

const CellParts = lazily(
  "cell",
  async () => (await import("./drawer/CellDrawer")).CellDrawerOf,
  ({ onClose }) => (
    <Drawer title="Cell" onClose={onClose}>
      <Failure error={new CodeMissingError()} />
    </Drawer>
  ),
);

/** A run to read, as it is now: its figures, its table page by page, and a cell beside it. */
export function SharedRun({ source, run }: { source: SharedSource; run: Run }) {
  const pages = useInfiniteQuery(sharedRowsQuery(source));
  const [position, setPosition] = useState<number>();
  const cell = useQuery({ ...sharedCellQuery(source, position ?? 0), enabled: position !== undefined });
  const region = useRef<HTMLDivElement>(null);
  const { rows, cases } = tableOf(pages.data?.pages ?? []);
  const open = rows.flat().find((one) => one.position === position);
  const onKeyDown = useCellKeys(region, rows.length, run.columns.length, position === undefined, (index) =>
    region.current?.querySelector(`a[data-at^="${index}:"]`)?.scrollIntoView?.({ block: "nearest" }),
  );

  function onClick(event: MouseEvent<HTMLElement>): void {
    const link = (event.target as Element).closest<HTMLElement>("a[data-position]");
    if (!link) return;
    event.preventDefault();
    setPosition(Number(link.dataset.position));
  }
  function step(by: 1 | -1): void {
    const next = open && rows[open.row + by]?.[open.column];
    if (next) setPosition(next.position);
  }

  const style = {
    "--columns": run.columns.length,
    "--digits": `${String(run.case_count).length + (run.case_count > 999 ? 1 : 0)}ch`,
  } as CSSProperties;
  return (
    <div className={`run${position === undefined ? "" : " run--open"}`}>
      <div className="run__left run__left--shared">
        <SharedRunHead run={run} />
        {/* biome-ignore lint/a11y/noStaticElementInteractions: it only passes on what its links are asked */}
        <div className="matrix" ref={region} tabIndex={-1} onClick={onClick} onKeyDown={onKeyDown}>
          <table
            className={`m-run${run.columns.length > 2 ? " m-run--many" : ""}`}
            aria-label="Results"
            style={style}
          >
            <MatrixHead run={run} shown={run.case_count * run.repeats} />
            <tbody>
              {rows.map((cells, row) => (
                <MatrixRow
                  // biome-ignore lint/suspicious/noArrayIndexKey: a row is named by its place
                  key={row}
                  index={row}
                  row={row}
                  columns={run.columns.length}
                  repeats={run.repeats}
                  runState={run.state}
                  item={cases[Math.floor(row / run.repeats)]}
                  cells={cells}
                  open={open?.row === row ? open.column : -1}
                  scrolling={false}
                />
              ))}
            </tbody>
          </table>
          {pages.isError ? (
            <div className="matrix__note">
              <Failure error={pages.error} onRetry={() => void pages.refetch()} />
            </div>
          ) : (
            pages.isPending && <SkeletonLines label="Loading rows" lines={8} />
          )}
          <LoadMore pages={pages} />
        </div>
      </div>
      {position !== undefined && (
        <Suspense fallback={<aside className="drawer" aria-label="Cell" />}>
          <CellParts
            run={run}
            position={position}
            found={cell}
            onStep={step}
            onClose={() => setPosition(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}

function SharedRunHead({ run }: { run: Run }) {
  return (
    <div className="run__head">
      <div className="run__title">
        <h1>Run {run.number}</h1>
        <StateChip run={run} />
        {run.simulated && <Simulated />}
      </div>
      <div className="run__facts">
        {run.cards.map((card) => (
          <span key={`${card.slug} ${card.version}`}>
            {card.title} v{card.version}
          </span>
        ))}
        <span className="num">
          {plural(run.models.length, "model")} × {plural(run.case_count, "case")}
          {run.repeats > 1 && ` × ${run.repeats} repeats`}
        </span>
        <When at={run.created_at} />
        {run.note && <span className="cut run__note">{run.note}</span>}
        <Counts run={run} />
      </div>
      <Lanes run={run} />
      <Metrics run={run} />
    </div>
  );
}

/** The pages that have come as rows of cells by column, and the cases by their place in the run. */
function tableOf(pages: { cells: CellSummary[]; cases: CaseView[] }[]) {
  const rows: CellSummary[][] = [];
  const cases: CaseView[] = [];
  for (const page of pages) {
    for (const cell of page.cells) {
      const row = rows[cell.row] ?? [];
      row[cell.column] = cell;
      rows[cell.row] = row;
    }
    for (const item of page.cases) cases[item.position] = item;
  }
  return { rows, cases };
}
