import type { ReactNode } from "react";
import { Icon } from "./Icon";

/** A name that points to a version. `production` is what applications use, so it is set off. */
export function LabelChip({ name }: { name: string }) {
  return (
    <span className={`label${name === "production" ? " label--live" : ""}`}>
      <Icon name="pointer" small />
      {name}
    </span>
  );
}

export function Tag({ children }: { children: ReactNode }) {
  return <span className="chip chip--tag">{children}</span>;
}
