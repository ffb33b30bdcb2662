/** A search parameter as text; absent where it is empty or not a text. The router reads `?a=1` as a number. */
export function text(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A search parameter that is there or not. */
export function flag(value: unknown): true | undefined {
  return value === true || value === "true" || value === 1 || value === "" ? true : undefined;
}

/** A search parameter that is one of a few words. */
export function oneOf<T extends string>(value: unknown, words: readonly T[]): T | undefined {
  return words.find((word) => word === value);
}

/** A search parameter that is a whole number. */
export function whole(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}
