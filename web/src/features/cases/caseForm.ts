import type { AssertionType, CaseContent, VariableDefinition } from "@/api/types";
import { textOfValue, typeOfValue, valueOfText } from "@/lib/values";
import { type AssertionForm, assertionOf, formOf } from "./assertionForm";

/** A case as it stands in a form. */
export interface CaseForm {
  description: string;
  variables: Record<string, string>;
  expected: string;
  /** An empty expected output is one too: it asks for no answer. */
  hasExpected: boolean;
  threshold: string;
  tags: string;
  assertions: AssertionForm[];
}

export function caseFormOf(content: CaseContent, types: AssertionType[]): CaseForm {
  return {
    description: content.description ?? "",
    variables: Object.fromEntries(
      Object.entries(content.variables ?? {}).map(([name, value]) => [name, textOfValue(value)]),
    ),
    expected: content.expected_output ?? "",
    hasExpected: content.expected_output !== undefined && content.expected_output !== null,
    threshold: content.threshold === undefined || content.threshold === null ? "" : String(content.threshold),
    tags: (content.tags ?? []).join(", "),
    assertions: (content.assertions ?? []).map((assertion) => formOf(assertion, types)),
  };
}

export interface MadeCase {
  content: CaseContent;
  /** What cannot be sent as it is, by pointer from the case. */
  errors: Record<string, string>;
}

/** The definitions to ask values for: the card's, then those of variables that only the case has. */
export function variablesOf(
  definitions: VariableDefinition[],
  original: Record<string, unknown>,
): VariableDefinition[] {
  const names = new Set(definitions.map(({ name }) => name));
  const others = Object.entries(original)
    .filter(([name]) => !names.has(name))
    .map(([name, value]) => ({ name, type: typeOfValue(value), required: false }));
  return [...definitions, ...others];
}

/** The case that a form stands for, and what of it is not yet one. */
export function caseOf(form: CaseForm, definitions: VariableDefinition[], types: AssertionType[]): MadeCase {
  const errors: Record<string, string> = {};
  const variables: Record<string, unknown> = {};
  for (const definition of definitions) {
    const text = form.variables[definition.name] ?? "";
    const choice = definition.allowed_values?.find((allowed) => textOfValue(allowed) === text);
    if (choice !== undefined) {
      variables[definition.name] = choice;
      continue;
    }
    if (text === "" && !(definition.name in form.variables && definition.type === "text")) continue;
    const parsed = valueOfText(definition.type, text);
    if (!parsed.ok) errors[`/variables/${definition.name}`] = parsed.why;
    else if (parsed.value !== undefined) variables[definition.name] = parsed.value;
  }
  const assertions = form.assertions.map((assertion, index) => {
    const made = assertionOf(assertion, types);
    for (const [pointer, why] of Object.entries(made.errors)) errors[`/assertions/${index}${pointer}`] = why;
    return made.assertion;
  });
  const content: CaseContent = { variables, assertions };
  if (form.description.trim() !== "") content.description = form.description.trim();
  if (form.expected !== "" || form.hasExpected) content.expected_output = form.expected;
  const threshold = form.threshold.trim() === "" ? undefined : Number(form.threshold);
  if (threshold !== undefined && !Number.isFinite(threshold)) errors["/threshold"] = "This is not a number";
  else if (threshold !== undefined) content.threshold = threshold;
  const tags = [...new Set(form.tags.split(",").map((tag) => tag.trim()))].filter((tag) => tag !== "");
  if (tags.length > 0) content.tags = tags;
  return { content, errors };
}
