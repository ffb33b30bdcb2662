import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type MouseEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { Run } from "@/api/types";
import { Failure } from "@/components/States";
import { useNarrow } from "@/lib/useNarrow";
import type { Patches } from "../live/patches";
import { MatrixHead } from "./MatrixHead";
import { MatrixRow } from "./MatrixRow";
import { useCellKeys } from "./useCellKeys";
import { useWindows } from "./useWindows";

const OVERSCAN = 4;

interface Props {
  run: Run;
  /** The rows to show, in order; null: all. */
  rows: readonly number[] | null;
  /** Where the open cell lies, as far as it is known. */
  open: { row: number; column: number } | null;
  hasDrawer: boolean;
  patches: Patches;
  onOpen: (position: number) => void;
  /** What scrolls on a phone: the whole page, so that the head makes room. */
  page: RefObject<HTMLElement | null>;
}

/** Rows of cases, columns of version and model; only what is in sight exists. */
export function Matrix({ run, rows, open, hasDrawer, patches, onOpen, page }: Props) {
  const region = useRef<HTMLDivElement>(null);
  const table = useRef<HTMLTableElement>(null);
  const narrow = useNarrow();
  const height = useCellHeight();
  const [{ above, head }, setHead] = useState({ above: 0, head: 0 });
  const total = rows?.length ?? run.case_count * run.repeats;
  const rowAt = (index: number) => (rows ? (rows[index] ?? 0) : index);
  const virtualizer = useVirtualizer({
    count: total,
    getScrollElement: () => (narrow ? page.current : region.current),
    estimateSize: () => height,
    overscan: OVERSCAN,
    // The head stands over the rows; on a phone the whole page does.
    scrollMargin: above,
    scrollPaddingStart: head,
    getItemKey: rowAt,
  });
  useLayoutEffect(() => {
    const head = table.current?.tHead;
    const scroller = narrow ? page.current : region.current;
    const around = region.current?.parentElement;
    if (!head || !scroller || !around || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => {
      const top = table.current?.getBoundingClientRect().top ?? 0;
      const inPage = Math.round(top - scroller.getBoundingClientRect().top + scroller.scrollTop);
      setHead({ above: inPage + head.offsetHeight, head: head.offsetHeight });
    });
    observer.observe(around);
    observer.observe(head);
    return () => observer.disconnect();
  }, [narrow, page]);

  const items = virtualizer.getVirtualItems();
  const inSight = items.map((item) => rowAt(item.index));
  const windows = useWindows(run.id, inSight, run.repeats, virtualizer.isScrolling, patches);
  const openIndex = open ? (rows ? rows.indexOf(open.row) : open.row) : -1;
  useEffect(() => {
    // Not before it is known what stands above the rows.
    if (openIndex >= 0 && above > 0) virtualizer.scrollToIndex(openIndex, { align: "auto" });
  }, [virtualizer, openIndex, above]);
  const onKeyDown = useCellKeys(region, total, run.columns.length, !hasDrawer, (index) =>
    virtualizer.scrollToIndex(index),
  );

  function onClick(event: MouseEvent<HTMLElement>): void {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest<HTMLElement>("a[data-position]");
    if (!link) return;
    event.preventDefault();
    onOpen(Number(link.dataset.position));
  }

  const first = items[0];
  const last = items.at(-1);
  const style = {
    "--columns": run.columns.length,
    "--digits": `${String(run.case_count).length + (run.case_count > 999 ? 1 : 0)}ch`,
  } as CSSProperties;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only passes on what its links are asked
    <div className="matrix" ref={region} tabIndex={-1} onClick={onClick} onKeyDown={onKeyDown}>
      <table
        className={`m-run${run.columns.length > 2 ? " m-run--many" : ""}`}
        ref={table}
        aria-label="Results"
        aria-rowcount={total + 1}
        style={style}
      >
        <MatrixHead run={run} shown={total} />
        <tbody>
          <Spacer height={(first?.start ?? above) - above} columns={run.columns.length + 1} />
          {items.map((item) => {
            const row = rowAt(item.index);
            return (
              <MatrixRow
                key={item.key}
                index={item.index}
                row={row}
                columns={run.columns.length}
                repeats={run.repeats}
                runState={run.state}
                item={windows.item(row)}
                cells={windows.cells(row)}
                open={open && open.row === row ? open.column : -1}
                scrolling={virtualizer.isScrolling}
              />
            );
          })}
          <Spacer
            height={last ? virtualizer.getTotalSize() - (last.end - above) : 0}
            columns={run.columns.length + 1}
          />
        </tbody>
      </table>
      {windows.error !== null && (
        <div className="matrix__note">
          <Failure error={windows.error} onRetry={windows.retry} />
        </div>
      )}
    </div>
  );
}

/** Stands for the rows that do not exist. */
function Spacer({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row takes no focus
    <tr className="matrix__spacer" aria-hidden="true" style={{ height }}>
      <td colSpan={columns} />
    </tr>
  );
}

/** Density is a setting of the user, so the height of a row is asked of the style sheet. */
function useCellHeight(): number {
  const [height] = useState(() => {
    const set = Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue("--h-cell"), 10);
    return Number.isNaN(set) ? 44 : set;
  });
  return height;
}
