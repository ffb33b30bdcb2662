export interface Run {
  text: string;
  /** True where the text is not of the template itself but was put in. */
  put: boolean;
}

/**
 * Tells in a rendered text what was put in from what stood in the template. The template's own pieces are looked
 * for one after the other; what lies between two of them was put in. A guess where a loop repeats a piece.
 */
export function substituted(template: string, rendered: string): Run[] {
  const own = template
    .split(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/)
    .flatMap((piece) => piece.split("\n"))
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "");
  const runs: Run[] = [];
  let at = 0;
  for (const piece of own) {
    const found = rendered.indexOf(piece, at);
    if (found < 0) continue;
    pushGap(runs, rendered.slice(at, found));
    runs.push({ text: piece, put: false });
    at = found + piece.length;
  }
  pushGap(runs, rendered.slice(at));
  return runs;
}

/** What lies between: its blank ends belong to the template. */
function pushGap(runs: Run[], gap: string): void {
  const inner = gap.trim();
  if (inner === "") {
    if (gap) runs.push({ text: gap, put: false });
    return;
  }
  const start = gap.indexOf(inner);
  if (start > 0) runs.push({ text: gap.slice(0, start), put: false });
  runs.push({ text: inner, put: true });
  const rest = gap.slice(start + inner.length);
  if (rest) runs.push({ text: rest, put: false });
}
