import type { Budget } from "@/api/types";
import { KINDS, type TypedBudget } from "./budget";
import { TextField } from "./Fields";

/** A field for each thing that a budget limits. */
export function BudgetFields({
  typed,
  onType,
  errorOf,
}: {
  typed: TypedBudget;
  onType: (typed: TypedBudget) => void;
  errorOf: (of: keyof Budget) => string | undefined;
}) {
  return KINDS.map(({ of, name }) => (
    <TextField
      key={of}
      label={name}
      className="input num"
      inputMode={of === "cost_usd" ? "decimal" : "numeric"}
      placeholder="no limit"
      value={typed[of]}
      onChange={(event) => onType({ ...typed, [of]: event.target.value })}
      error={errorOf(of)}
    />
  ));
}
