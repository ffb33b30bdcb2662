import type { ReactNode } from "react";
import { ProblemError, sentence } from "@/api/problem";
import { CodeMissingError, reload } from "@/lib/code";
import { Button } from "./Button";

/** Nothing is here yet, and the one next step. */
export function Empty({
  title,
  children,
  actions,
}: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className="line line--wrap">{actions}</div>}
    </div>
  );
}

/** Something did not load: why, and how to try again. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const missing = error instanceof ProblemError && error.problem.status === 404;
  return (
    <div className="empty" role="alert">
      <h2>{missing ? "This is not here" : "This did not load"}</h2>
      <p>{error instanceof CodeMissingError ? error.message : sentence(error)}</p>
      <div className="line line--wrap">
        {error instanceof CodeMissingError && (
          <Button icon="retry" onClick={() => void reload()}>
            Reload
          </Button>
        )}
        {onRetry && !missing && !(error instanceof CodeMissingError) && (
          <Button icon="retry" onClick={onRetry}>
            Try again
          </Button>
        )}
        {error instanceof ProblemError && error.problem.request_id && (
          <span className="hint mono">request {error.problem.request_id.slice(0, 13)}</span>
        )}
      </div>
    </div>
  );
}

const WIDTHS = [35, 50, 20, 70, 35, 50, 70, 20] as const;

/** Rows of the height of what comes, so that nothing jumps. */
export function SkeletonRows({ rows, columns }: { rows: number; columns: number }) {
  return Array.from({ length: rows }, (_, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
    <tr key={row}>
      <td className="grow">
        <span className={`skel skel--${WIDTHS[row % WIDTHS.length]}`} />
      </td>
      {Array.from({ length: columns - 1 }, (_, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        <td key={column}>
          <span className="skel skel--70" />
        </td>
      ))}
    </tr>
  ));
}

/** A few grey lines where a text or a form comes. */
export function SkeletonLines({ lines = 4, label }: { lines?: number; label: string }) {
  return (
    <div className="skel-lines" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike and never move
        <span key={line} className={`skel skel--${WIDTHS[line % WIDTHS.length]}`} />
      ))}
    </div>
  );
}
