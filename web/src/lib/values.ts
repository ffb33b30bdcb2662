export type ValueType = "text" | "number" | "boolean" | "list" | "object";

export type Parsed = { ok: true; value: unknown } | { ok: false; why: string };

/** A value as text for an input: texts as they are, everything else as JSON. */
export function textOfValue(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, typeof value === "object" ? 2 : 0);
}

/** The value that a text stands for in a variable of this type. An empty text of another type than text is none. */
export function valueOfText(type: ValueType, text: string): Parsed {
  if (type === "text") return { ok: true, value: text };
  const trimmed = text.trim();
  if (trimmed === "") return { ok: true, value: undefined };
  if (type === "number") {
    const number = Number(trimmed);
    return Number.isFinite(number) ? { ok: true, value: number } : { ok: false, why: "This is not a number" };
  }
  if (type === "boolean") {
    if (trimmed === "true" || trimmed === "false") return { ok: true, value: trimmed === "true" };
    return { ok: false, why: "Use true or false" };
  }
  return jsonOf(trimmed, type);
}

function jsonOf(text: string, type: "list" | "object"): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {
      ok: false,
      why: type === "list" ? 'Write JSON, for example ["a", "b"]' : 'Write JSON, for example {"a": 1}',
    };
  }
  const isList = Array.isArray(value);
  if (type === "list" && !isList) return { ok: false, why: "This is JSON, but not a list" };
  if (type === "object" && (isList || typeof value !== "object" || value === null)) {
    return { ok: false, why: "This is JSON, but not an object" };
  }
  return { ok: true, value };
}

/** The type that a value has by itself. */
export function typeOfValue(value: unknown): ValueType {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  if (Array.isArray(value)) return "list";
  return typeof value === "object" && value !== null ? "object" : "text";
}
