import type { SelectHTMLAttributes } from "react";
import { Icon } from "./Icon";

/** The system's own select in our clothes: it works with every keyboard, phone and screen reader. */
export function Select({ small, ...rest }: SelectHTMLAttributes<HTMLSelectElement> & { small?: boolean }) {
  return (
    <span className="select">
      <select className={`input${small ? " input--sm" : ""}`} {...rest} />
      <Icon name="down" small />
    </span>
  );
}
