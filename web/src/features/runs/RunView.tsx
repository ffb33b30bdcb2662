import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Suspense, useCallback, useEffect, useRef, useState } from "react";
import type { ProviderWait, Rows, Run } from "@/api/types";
import { Button } from "@/components/Button";
import { Drawer } from "@/components/Drawer";
import { lazily } from "@/components/lazily";
import { Empty, Failure, SkeletonLines } from "@/components/States";
import { CodeMissingError } from "@/lib/code";
import { count, plural } from "@/lib/format";
import { useDebounced } from "@/lib/useDebounced";
import { RunHead } from "./head/RunHead";
import type { Patches } from "./live/patches";
import { Matrix } from "./matrix/Matrix";
import { isActive, type RowFilter, rowsQuery } from "./queries";
import { RunTools } from "./RunTools";
import { cellQuery, positionAt } from "./windows";

const CellDrawer = lazily(
  "cell",
  async () => (await import("./drawer/CellDrawer")).CellDrawer,
  ({ onClose }) => (
    <Drawer title="Cell" onClose={onClose}>
      <Failure error={new CodeMissingError()} />
    </Drawer>
  ),
);

const route = getRouteApi("/runs/$runId");
const LOOK_AGAIN_MS = 3_000;

/** Head, tools and matrix, and beside them the open cell. What is shown stands in the address. */
export function RunView({
  run,
  waits,
  patches,
}: {
  run: Run;
  waits: readonly ProviderWait[];
  patches: Patches;
}) {
  const { show = "all", search = "", cell } = route.useSearch();
  const navigate = route.useNavigate();
  const queryClient = useQueryClient();
  const page = useRef<HTMLDivElement>(null);
  const shown = useShownRows(run, show, search);
  const open = useQuery({ ...cellQuery(run.id, cell ?? 0), enabled: cell !== undefined }).data?.summary;

  const setCell = useCallback(
    (position: number | undefined, replace: boolean) =>
      void navigate({ search: (before) => ({ ...before, cell: position }), replace, resetScroll: false }),
    [navigate],
  );
  async function step(by: 1 | -1): Promise<void> {
    if (!open) return;
    const { rows } = shown;
    const total = run.case_count * run.repeats;
    // Of rows that a filter has left out since, the nearest one that is shown.
    const next = rows
      ? by === 1
        ? rows.find((row) => row > open.row)
        : rows.findLast((row) => row < open.row)
      : open.row + by;
    if (next === undefined || next < 0 || next >= total) return;
    const position = await positionAt(queryClient, run.id, patches, next, open.column);
    if (position !== undefined) setCell(position, true);
  }

  return (
    <div className={`run${cell === undefined ? "" : " run--open"}`} ref={page}>
      <div className="run__left">
        <RunHead run={run} waits={waits} />
        <RunTools
          run={run}
          show={show}
          search={search}
          onShow={(next) =>
            void navigate({ search: (before) => ({ ...before, show: next === "all" ? undefined : next }) })
          }
          onSearch={(text) =>
            void navigate({ search: (before) => ({ ...before, search: text || undefined }), replace: true })
          }
        />
        {shown.error ? (
          <div className="run__none">
            <Failure error={shown.error} onRetry={shown.refresh} />
          </div>
        ) : shown.loading ? (
          <div className="run__none">
            <SkeletonLines label="Finding rows" lines={6} />
          </div>
        ) : shown.rows?.length === 0 ? (
          <div className="run__none">
            <NothingFound
              run={run}
              show={show}
              search={search}
              onAll={() => void navigate({ search: ({ cell: open }) => ({ cell: open }) })}
            />
          </div>
        ) : (
          <Matrix
            run={run}
            rows={shown.rows}
            open={open ? { row: open.row, column: open.column } : null}
            hasDrawer={cell !== undefined}
            patches={patches}
            onOpen={(position) => setCell(position, false)}
            page={page}
          />
        )}
        {shown.more > 0 && (
          <div className="run__more" role="status">
            <span>{plural(shown.more, "more row")} now</span>
            <Button kind="quiet" onClick={shown.refresh}>
              Show {shown.more === 1 ? "it" : "them"}
            </Button>
          </div>
        )}
      </div>
      {cell !== undefined && (
        <Suspense fallback={<aside className="drawer" aria-label="Cell" />}>
          <CellDrawer run={run} position={cell} onStep={step} onClose={() => setCell(undefined, false)} />
        </Suspense>
      )}
    </div>
  );
}

interface Shown {
  /** Null: all rows. */
  rows: readonly number[] | null;
  loading: boolean;
  error: unknown;
  /** How many rows a filter would show besides, had it been chosen now. */
  more: number;
  refresh: () => void;
}

/** The rows that the filter left when it was chosen. They keep their places; what came since is offered. */
function useShownRows(run: Run, show: RowFilter, search: string): Shown {
  const text = useDebounced(search, 200).trim();
  const all = show === "all" && text === "";
  const found = useQuery({
    ...rowsQuery(run.id, show, text),
    enabled: !all,
    refetchInterval: isActive(run) ? LOOK_AGAIN_MS : false,
    placeholderData: (before: Rows | undefined) => before,
  });
  const filter = `${show} ${text}`;
  const [kept, setKept] = useState<{ filter: string; rows: Rows } | null>(null);
  const fresh = found.data && !found.isPlaceholderData ? found.data : undefined;
  useEffect(() => {
    if (fresh) setKept((before) => (before?.filter === filter ? before : { filter, rows: fresh }));
  }, [fresh, filter]);
  if (all) return { rows: null, loading: false, error: null, more: 0, refresh: () => undefined };
  const own = kept?.filter === filter ? kept.rows : undefined;
  const rows = own ?? fresh ?? kept?.rows;
  return {
    rows: rows?.rows ?? null,
    loading: rows === undefined && !found.isError,
    error: rows === undefined ? found.error : null,
    more: own && fresh ? Math.max(fresh.matched - own.matched, 0) : 0,
    refresh: () => {
      if (fresh) setKept({ filter, rows: fresh });
      else void found.refetch();
    },
  };
}

const NAMES: Record<RowFilter, string> = {
  all: "row",
  fail: "failure",
  error: "error",
  invalid: "invalid answer",
  unjudged: "cell without an assertion",
  different: "case on which the columns differ",
  flaky: "flaky case",
};

function NothingFound({
  run,
  show,
  search,
  onAll,
}: {
  run: Run;
  show: RowFilter;
  search: string;
  onAll: () => void;
}) {
  const { pass, open } = run.counts;
  return (
    <Empty
      title={search ? `Nothing found for “${search}”` : `No ${NAMES[show]} in this run`}
      actions={<Button onClick={onAll}>Show all</Button>}
    >
      {search
        ? "The search looks at descriptions, variables and outputs of this run."
        : `${count(pass)} of ${plural(run.cell_count, "cell")} pass${
            open > 0 ? `, ${count(open)} are still open` : ""
          }.`}
    </Empty>
  );
}
