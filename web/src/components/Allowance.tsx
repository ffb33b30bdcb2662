import type { ReactNode } from "react";
import { Meter } from "./Rate";

/** How much of something is used: its name, the figures, a bar where there is a limit, and a sentence below. */
export function Allowance({
  name,
  figures,
  used,
  limit,
  children,
}: {
  name: string;
  figures: ReactNode;
  used: number;
  /** Null: there is none. */
  limit: number | null;
  children?: ReactNode;
}) {
  return (
    <div className="allowance">
      <span className="medium">{name}</span>
      <span className="num">{figures}</span>
      {limit !== null && (
        <Meter
          shares={[{ kind: used >= limit ? "fail" : "same", value: Math.min(used, limit) }]}
          total={limit}
        />
      )}
      {children && <span className="hint">{children}</span>}
    </div>
  );
}
