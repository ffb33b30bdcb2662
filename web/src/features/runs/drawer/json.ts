/** A text that is a JSON object or list, with its lines set; null where it is none. Numbers stay as they are written. */
export function formattedJson(text: string): string | null {
  const inner = text.trim();
  if (!/^[[{]/.test(inner)) return null;
  try {
    JSON.parse(inner);
  } catch {
    return null;
  }
  return indented(inner);
}

/** Sets lines without reading the values, so that 1.0 stays 1.0 and a long number keeps its digits. */
function indented(json: string): string {
  let out = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g)) {
    if (token === "{" || token === "[") {
      depth += 1;
      out += token + line();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      const empty = /[[{]\s*$/.test(out);
      out = empty ? out.trimEnd() + token : out + line() + token;
    } else if (token === ",") out += `,${line()}`;
    else out += token === ":" ? ": " : token;
  }
  return out;
}
