import type { CaseContent } from "@/api/types";

/** What a case is called in a row: its description, or else its first variable. */
export function caseTitle(content: CaseContent): string {
  if (content.description) return content.description;
  const [name, value] = Object.entries(content.variables ?? {})[0] ?? [];
  if (name === undefined) return "No variables";
  return typeof value === "string" ? value : `${name}: ${JSON.stringify(value)}`;
}
