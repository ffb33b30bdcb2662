import type { Assertion, AssertionType } from "@/api/types";

type Field = AssertionType["config"][number];

/** An assertion as it stands in a form: everything is text until it is saved. */
export interface AssertionForm {
  /** Tells forms of one case apart; never sent. */
  key: string;
  name: string;
  /** `not-` stands before the type. */
  inverted: boolean;
  value: string;
  /** The value is JSON, not a text. Asked only where a type takes both. */
  valueIsJson: boolean;
  /** The fields of a value that is an object with fixed ones. */
  fields: Record<string, string>;
  threshold: string;
  weight: string;
  metric: string;
  config: Record<string, string>;
  /** The value of a list was one text with commas, and stays one. */
  listIsText: boolean;
  /** The assertions of a set. They stay while another type is tried. */
  assert: AssertionForm[];
}

let lastKey = 0;

export function newAssertion(name: string): AssertionForm {
  lastKey += 1;
  return {
    key: `assertion-${lastKey}`,
    name,
    inverted: false,
    value: "",
    valueIsJson: false,
    fields: {},
    threshold: "",
    weight: "1",
    metric: "",
    config: {},
    listIsText: false,
    assert: [],
  };
}

export function formOf(assertion: Assertion, types: AssertionType[]): AssertionForm {
  const inverted = assertion.type.startsWith("not-");
  const name = inverted ? assertion.type.slice("not-".length) : assertion.type;
  const type = types.find((known) => known.name === name);
  const { value } = assertion;
  const hasFields = (type?.value.fields.length ?? 0) > 0 && typeof value === "object" && value !== null;
  return {
    ...newAssertion(name),
    inverted,
    value: hasFields ? "" : textOf(value, type),
    valueIsJson: typeof value === "object" && value !== null,
    fields: hasFields ? textsOf(value as Record<string, unknown>) : {},
    threshold:
      assertion.threshold === undefined || assertion.threshold === null ? "" : String(assertion.threshold),
    weight: String(assertion.weight ?? 1),
    metric: assertion.metric ?? "",
    config: textsOf(assertion.config ?? {}),
    listIsText: type?.value.kind === "list" && typeof value === "string",
    assert: (assertion.assert ?? []).map((inner) => formOf(inner, types)),
  };
}

function textOf(value: unknown, type: AssertionType | undefined): string {
  if (value === undefined || value === null) return "";
  if (type?.value.kind === "list" && Array.isArray(value)) return value.map(String).join("\n");
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}

function textsOf(fields: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

export interface Made {
  assertion: Assertion;
  /** What cannot be sent as it is, by pointer from the assertion. */
  errors: Record<string, string>;
}

/** The assertion that a form stands for, and what of it is not yet one. */
export function assertionOf(form: AssertionForm, types: AssertionType[]): Made {
  const errors: Record<string, string> = {};
  const type = types.find((known) => known.name === form.name);
  const assertion: Assertion = { type: `${form.inverted ? "not-" : ""}${form.name}` };
  const value = type ? sentValue(form, type, errors) : form.value || undefined;
  if (value !== undefined) assertion.value = value;
  const threshold = numberOf(form.threshold, "/threshold", errors);
  if (threshold !== undefined) assertion.threshold = threshold;
  const weight = numberOf(form.weight, "/weight", errors);
  if (weight !== undefined && weight < 0) errors["/weight"] = "A weight is 0 or more";
  if (weight !== undefined && weight !== 1) assertion.weight = weight;
  if (form.metric.trim() !== "") assertion.metric = form.metric.trim();
  const config = fieldsOf(form.config, type?.config ?? [], "/config", errors);
  if (Object.keys(config).length > 0) assertion.config = config;
  if (type?.takes_assertions || (!type && form.assert.length > 0)) {
    const made = form.assert.map((inner) => assertionOf(inner, types));
    assertion.assert = made.map((inner) => inner.assertion);
    for (const [index, inner] of made.entries()) {
      for (const [at, why] of Object.entries(inner.errors)) errors[`/assert/${index}${at}`] = why;
    }
    if (made.length === 0) errors["/assert"] = "A set needs an assertion";
  }
  return { assertion, errors };
}

/** The errors at a place and below it, by what is left of their pointers. */
export function errorsAt(pointer: string, errors: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(errors)
      .filter(([at]) => at === pointer || at.startsWith(`${pointer}/`))
      .map(([at, why]) => [at.slice(pointer.length), why]),
  );
}

function numberOf(text: string, pointer: string, errors: Record<string, string>): number | undefined {
  if (text.trim() === "") return undefined;
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  errors[pointer] = "This is not a number";
  return undefined;
}

function sentValue(form: AssertionForm, type: AssertionType, errors: Record<string, string>): unknown {
  const { kind, need, fields } = type.value;
  if (kind === "none") return undefined;
  if (kind === "object" && fields.length > 0) {
    const value = fieldsOf(form.fields, fields, "/value", errors);
    return Object.keys(value).length > 0 || need === "required" ? value : undefined;
  }
  if (form.value === "" && need !== "required") return undefined;
  if (kind === "list" && form.listIsText) return form.value;
  if (kind === "list") return form.value.split("\n").filter((line) => line !== "");
  if (kind === "number") return numeric(form.value);
  const isTemplate = form.value.includes("{{") || form.value.includes("{%");
  const isJson =
    kind === "object" || (kind === "schema" && !isTemplate) || (kind === "any" && form.valueIsJson);
  if (!isJson) return form.value;
  try {
    return JSON.parse(form.value) as unknown;
  } catch {
    errors["/value"] = 'Write JSON, for example {"type": "object"}';
    return undefined;
  }
}

/** A number where the text is one; `1,000` and templates stay texts for the server to read. */
function numeric(text: string): number | string {
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

function fieldsOf(
  texts: Record<string, string>,
  fields: Field[],
  pointer: string,
  errors: Record<string, string>,
): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const [name, text] of Object.entries(texts)) {
    if (text === "") continue;
    const kind = fields.find((field) => field.name === name)?.kind;
    if (kind === "count") {
      const number = Number(text);
      if (!Number.isInteger(number) || number < 0)
        errors[`${pointer}/${name}`] = "Use a whole number, 0 or more";
      else entries.push([name, number]);
    } else if (kind === "number_or_percentage") {
      entries.push([name, numeric(text)]);
    } else {
      entries.push([name, text]);
    }
  }
  return Object.fromEntries(entries);
}

/** What a row of the table says of a case's assertions: `number, regex ×2, not contains`. */
export function assertionsSummary(assertions: Assertion[]): string {
  const counts = new Map<string, number>();
  for (const { type } of assertions) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .map(([type, times]) => `${type.replace(/^not-/, "not ")}${times > 1 ? ` ×${times}` : ""}`)
    .join(", ");
}
