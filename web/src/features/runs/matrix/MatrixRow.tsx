import { memo, useState } from "react";
import type { CaseView, CellSummary, RunState } from "@/api/types";
import { caseTitle } from "@/features/cases";
import { count } from "@/lib/format";
import { CellContent } from "./CellContent";

interface Props {
  /** Place among the rows that are shown, from 0. */
  index: number;
  row: number;
  columns: number;
  repeats: number;
  runState: RunState;
  item: CaseView | undefined;
  cells: CellSummary[] | undefined;
  /** Column of the cell that is open in this row; −1: none. */
  open: number;
  scrolling: boolean;
}

/**
 * One case, or one repeat of it. A row that comes into sight while somebody scrolls is text alone until the
 * scrolling rests: links and drawings are what makes a row slow.
 */
export const MatrixRow = memo(function MatrixRow(props: Props) {
  const { index, row, columns, repeats, runState, item, cells, open, scrolling } = props;
  const [full, setFull] = useState(!scrolling);
  if (!full && !scrolling) setFull(true);
  return (
    <tr aria-rowindex={index + 2}>
      <th scope="row">
        <span className="case">
          <span className="num">{count(Math.floor(row / repeats) + 1)}</span>
          {item ? (
            <span className="cut-2">
              {repeats > 1 && (
                <span className="hint">
                  {(row % repeats) + 1} of {repeats}{" "}
                </span>
              )}
              {caseTitle(item)}
            </span>
          ) : (
            <Skeleton />
          )}
        </span>
      </th>
      {Array.from({ length: columns }, (_, column) => {
        const cell = cells?.[column];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a column is named by its place
          <td key={column} className={column === open ? "is-open" : undefined}>
            {cell && full ? (
              <a
                className={`cell${cell.state === "pending" ? " cell--wait" : ""}`}
                href={`?cell=${cell.position}`}
                data-position={cell.position}
                data-at={`${index}:${column}`}
                aria-current={column === open || undefined}
              >
                <CellContent cell={cell} runState={runState} />
              </a>
            ) : cell ? (
              <span className="cell cell--light">
                <span className="cell__why">{cell.headline}</span>
                <span className="cell__out">{cell.preview}</span>
              </span>
            ) : (
              <span className="cell cell--light">
                <Skeleton />
              </span>
            )}
          </td>
        );
      })}
    </tr>
  );
});

function Skeleton() {
  return (
    <span className="matrix__skel">
      <span className="skel skel--35" />
      <span className="skel skel--90" />
    </span>
  );
}
