import type { TemplateProblem } from "@/api/types";

/** A problem with the range of characters that it is about, in the text of its message. */
export interface PlacedProblem {
  problem: TemplateProblem;
  from: number;
  to: number;
}

/** The pointer of a message's text, as problems name it. */
export function textPointer(message: number): string {
  return `/messages/${message}/content/0/text`;
}

/** Where a problem lies. Lines and columns count from 1, columns in characters; a range ends in its line. */
export function placed(problem: TemplateProblem, text: string): PlacedProblem {
  const lines = text.split("\n");
  const number = Math.min(Math.max(problem.line, 1), lines.length);
  const line = lines[number - 1] ?? "";
  const start = lines.slice(0, number - 1).reduce((sum, before) => sum + before.length + 1, 0);
  const from = start + offsetOf(line, problem.column);
  const to = problem.end_column ? start + offsetOf(line, problem.end_column) : start + line.length;
  return { problem, from, to: Math.max(from, to) };
}

/** The index in UTF-16 units of a column in characters. */
function offsetOf(line: string, column: number): number {
  return [...line].slice(0, Math.max(column - 1, 0)).join("").length;
}

/** The name that the problem's sentence suggests instead. */
export function suggestion(problem: TemplateProblem): string | null {
  return /Did you mean `([^`]+)`/.exec(problem.message)?.[1] ?? null;
}

/** The variable that a problem says has no meaning here. */
export function undefinedName(problem: TemplateProblem): string | null {
  return /^`(\w+)` is not defined/.exec(problem.message)?.[1] ?? null;
}

/** The text with what the problem is about replaced by what it suggests. */
export function fixed(problem: TemplateProblem, text: string): string | null {
  const better = suggestion(problem);
  if (better === null || !problem.end_column) return null;
  const { from, to } = placed(problem, text);
  return text.slice(0, from) + better + text.slice(to);
}
