import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { ProblemError } from "@/api/problem";
import type { AuditLine } from "@/api/types";
import { Button } from "@/components/Button";
import { LoadMore } from "@/components/LoadMore";
import { usePage } from "@/components/Page";
import { Empty, Failure, SkeletonRows } from "@/components/States";
import { usersQuery } from "@/features/people";
import { count } from "@/lib/format";
import { exact } from "@/lib/time";
import { EntryDrawer, type Names, whoOf } from "./EntryDrawer";
import { ExportButton } from "./ExportButton";
import { Filters } from "./Filters";
import { auditQuery } from "./queries";
import { VerifyPart } from "./VerifyPart";
import "./audit.css";

const route = getRouteApi("/audit");

/** What was done on this server, by whom and when; and whether that record is whole. */
export function AuditPage() {
  usePage("Audit log");
  const { entry, ...filters } = route.useSearch();
  const navigate = route.useNavigate();
  const log = useInfiniteQuery(auditQuery(filters));
  const rows = log.data?.pages.flatMap((page) => page.items);
  const names = useNames();
  const filtered = Object.values(filters).some((value) => value !== undefined);
  const open = entry === undefined ? undefined : rows?.find(({ seq }) => seq === entry);
  return (
    <div className={open ? "audit has-drawer" : "audit"}>
      {open && <h1 className="sr alone">Audit log</h1>}
      <div className="page">
        <div className="page__head">
          <div>
            <h1>Audit log</h1>
            <p>
              Each row holds the fingerprint of the one before: what is changed or taken out later is found.
            </p>
          </div>
          <div className="page__acts">
            <ExportButton />
          </div>
        </div>
        <VerifyPart />
        <Filters names={names} error={log.error instanceof ProblemError ? log.error : undefined} />
        {log.isError && !rows ? (
          <Failure error={log.error} onRetry={() => void log.refetch()} />
        ) : rows?.length === 0 ? (
          <Empty
            title={filtered ? "Nothing fits" : "Nothing yet"}
            actions={
              filtered && <Button onClick={() => void navigate({ search: {} })}>Show everything</Button>
            }
          >
            {filtered
              ? "Nobody did this in these days."
              : "Signing in, changes and refusals are written here."}
          </Empty>
        ) : (
          <>
            <AuditTable rows={rows} names={names} open={entry} />
            <LoadMore pages={log} />
          </>
        )}
      </div>
      {open && (
        <EntryDrawer
          row={open}
          names={names}
          onClose={() => void navigate({ search: (before) => ({ ...before, entry: undefined }) })}
        />
      )}
    </div>
  );
}

/** What accounts are called, by id: the log has only ids, so that a person can be erased. */
function useNames(): Names {
  const users = useQuery(usersQuery);
  return useMemo(() => new Map(users.data?.map(({ id, name }) => [id, name])), [users.data]);
}

function AuditTable({
  rows,
  names,
  open,
}: {
  rows: AuditLine[] | undefined;
  names: Names;
  open: number | undefined;
}) {
  return (
    <div className="scroll-x">
      <table className="table" aria-busy={rows === undefined}>
        <thead>
          <tr>
            <th scope="col" className="r">
              No.
            </th>
            <th scope="col" className="only-wide">
              When
            </th>
            <th scope="col">What</th>
            <th scope="col">Who</th>
            <th scope="col" className="only-wide">
              On
            </th>
            <th scope="col" className="only-wide">
              Outcome
            </th>
          </tr>
        </thead>
        <tbody>
          {rows ? (
            rows.map((row) => (
              <tr key={row.seq} className={row.seq === open ? "is-selected" : undefined}>
                <td className="r num">
                  <Link to="/audit" search={(before) => ({ ...before, entry: row.seq })}>
                    {count(row.seq)}
                  </Link>
                </td>
                <td className="only-wide num">{exact(row.at)}</td>
                <td className="mono">{row.action}</td>
                <td>{whoOf(row, names) ?? <span className="hint">nobody known</span>}</td>
                <td className="grow only-wide">
                  <span className="mono dim cut">{row.object}</span>
                </td>
                <td className="only-wide">{row.outcome}</td>
              </tr>
            ))
          ) : (
            <SkeletonRows rows={8} columns={6} />
          )}
        </tbody>
      </table>
    </div>
  );
}
