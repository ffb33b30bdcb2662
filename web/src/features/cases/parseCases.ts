import type { CaseContent } from "@/api/types";

export interface ParsedCases {
  cases: CaseContent[];
  /** What is wrong, by line or item, from 1. */
  errors: { at: number; why: string }[];
}

const FIELDS = new Set(["description", "variables", "assertions", "threshold", "expected_output", "tags"]);

/**
 * Reads cases from pasted text: a JSON list, one JSON object, or JSON lines. An object with none of a case's fields
 * is taken for its variables.
 */
export function parseCases(text: string): ParsedCases {
  const trimmed = text.trim();
  if (trimmed === "") return { cases: [], errors: [] };
  let items: { at: number; value: unknown }[] = [];
  const errors: ParsedCases["errors"] = [];
  try {
    const whole: unknown = JSON.parse(trimmed);
    items = (Array.isArray(whole) ? whole : [whole]).map((value, index) => ({ at: index + 1, value }));
  } catch {
    text.split("\n").forEach((line, index) => {
      if (line.trim() === "") return;
      try {
        items.push({ at: index + 1, value: JSON.parse(line) });
      } catch {
        errors.push({ at: index + 1, why: "This line is not JSON." });
      }
    });
  }
  const cases: CaseContent[] = [];
  for (const { at, value } of items) {
    const made = caseOfJson(value);
    if (typeof made === "string") errors.push({ at, why: made });
    else cases.push(made);
  }
  return { cases, errors };
}

function caseOfJson(value: unknown): CaseContent | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "A case is a JSON object.";
  const object = value as Record<string, unknown>;
  const known = Object.keys(object).filter((name) => FIELDS.has(name));
  if (known.length === 0) return { variables: object, assertions: [] };
  const unknown = Object.keys(object).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) {
    return `A case has no field “${unknown}”. It has: ${[...FIELDS].join(", ")}.`;
  }
  return { variables: {}, assertions: [], ...object };
}
