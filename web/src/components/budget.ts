import type { Budget, BudgetView } from "@/api/types";
import { count, dollars } from "@/lib/format";

/** What a budget limits. */
export const KINDS: readonly {
  of: keyof Budget;
  name: string;
  /** What stands behind an amount. */
  unit: string;
  show: (amount: number) => string;
  /** How an amount is typed. */
  pattern: RegExp;
  rule: string;
}[] = [
  {
    of: "calls",
    name: "Model calls",
    unit: " calls",
    show: count,
    pattern: /^\d{1,15}$/,
    rule: "Type a whole number",
  },
  {
    of: "tokens",
    name: "Tokens",
    unit: " tokens",
    show: count,
    pattern: /^\d{1,15}$/,
    rule: "Type a whole number",
  },
  {
    of: "cost_usd",
    name: "US dollars",
    unit: "",
    show: dollars,
    pattern: /^\d{1,9}(\.\d{1,9})?$/,
    rule: "Type an amount such as 2.50",
  },
];

/** What is typed, by kind; empty: no limit. */
export type TypedBudget = Record<keyof Budget, string>;

export function typedOf(budget: Budget): TypedBudget {
  const typed = (of: keyof Budget) => String(budget[of] ?? "");
  // Of dollars two decimals are read, although one may be stored.
  return {
    calls: typed("calls"),
    tokens: typed("tokens"),
    cost_usd: typed("cost_usd").replace(/\.\d$/, "$&0"),
  };
}

/** Group separators are for the eye. */
function bare(text: string): string {
  return text.replaceAll(/[\s,$]/g, "");
}

/** What is wrong with what is typed, by kind. */
export function problemsOf(typed: TypedBudget): Partial<TypedBudget> {
  const wrong = KINDS.filter(({ of, pattern }) => bare(typed[of]) !== "" && !pattern.test(bare(typed[of])));
  return Object.fromEntries(wrong.map(({ of, rule }) => [of, `${rule}, or nothing for no limit`]));
}

export function budgetOf(typed: TypedBudget): Budget {
  const [calls, tokens, cost] = [bare(typed.calls), bare(typed.tokens), bare(typed.cost_usd)];
  return {
    calls: calls === "" ? null : Number(calls),
    tokens: tokens === "" ? null : Number(tokens),
    cost_usd: cost === "" ? null : cost,
  };
}

/** What is used of each limit: `3 of 5,000 calls`. */
export function usageOf(budget: Budget, used: BudgetView["used"]): { text: string; usedUp: boolean }[] {
  return KINDS.flatMap(({ of, unit, show }) => {
    const limit = budget[of];
    if (limit == null) return [];
    const spent = Number(used[of]);
    return [{ text: `${show(spent)} of ${show(Number(limit))}${unit}`, usedUp: spent >= Number(limit) }];
  });
}
