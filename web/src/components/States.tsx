import { createContext, type ReactNode, useContext } from "react";
import { isForbidden, ProblemError, sentence } from "@/api/problem";
import { CodeMissingError, reload } from "@/lib/code";
import { useSecondsUntil, waiting } from "@/lib/waiting";
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

/** Who can give a right that is missing: what the frame of the page knows of it. */
export const WhoHelps = createContext<ReactNode>(null);

/** Something did not load: why, and how to try again. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const help = useContext(WhoHelps);
  const problem = error instanceof ProblemError ? error.problem : undefined;
  const final = problem?.status === 404 || isDenied(error) || error instanceof CodeMissingError;
  return (
    <div className="empty" role="alert">
      <h2>{titleOf(error)}</h2>
      <p>
        {error instanceof CodeMissingError ? error.message : sentence(error)}
        {isDenied(error) && help && <> {help}</>}
      </p>
      <div className="line line--wrap">
        {error instanceof CodeMissingError && (
          <Button icon="retry" onClick={() => void reload()}>
            Reload
          </Button>
        )}
        {onRetry && !final && (
          <RetryButton at={error instanceof ProblemError ? error.retryAt : null} onRetry={onRetry} />
        )}
        {problem?.request_id && <span className="hint mono">request {problem.request_id.slice(0, 13)}</span>}
      </div>
    </div>
  );
}

/** Whether it was refused for what the person is, which trying again does not change. */
function isDenied(error: unknown): boolean {
  return isForbidden(error) && error.code !== "confirmation_required";
}

function titleOf(error: unknown): string {
  if (!(error instanceof ProblemError)) return "This did not load";
  if (isDenied(error)) return "You may not see this";
  switch (error.problem.status) {
    case 401:
      return "You are signed out";
    case 403:
      return "This needs your password";
    case 404:
      return "This is not here";
    case 429:
      return "Too many requests";
    default:
      return "This did not load";
  }
}

function RetryButton({ at, onRetry }: { at: number | null; onRetry: () => void }) {
  const wait = useSecondsUntil(at);
  return (
    <Button icon="retry" onClick={onRetry} disabled={wait > 0}>
      {wait > 0 ? `Try again in ${waiting(wait)}` : "Try again"}
    </Button>
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
