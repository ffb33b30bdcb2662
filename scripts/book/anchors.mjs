// The anchors of a Markdown file's headings, as GitHub makes them.
import { readFileSync } from "node:fs";

const read = new Map();

/** The anchors of a file, read once. */
export function anchorsOf(file) {
  if (!read.has(file)) read.set(file, new Set(headingsOf(readFileSync(file, "utf8"))));
  return read.get(file);
}

function* headingsOf(markdown) {
  const seen = new Map();
  for (const line of markdown.replaceAll(/```[\s\S]*?```/g, "").split("\n")) {
    const heading = /^#{1,6} (.+)$/.exec(line)?.[1];
    if (heading) yield anchorOf(heading.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1").replaceAll("`", ""), seen);
  }
}

/** The anchor of a heading; `seen` counts those before it. */
export function anchorOf(heading, seen) {
  const plain = heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
  const count = seen.get(plain) ?? 0;
  seen.set(plain, count + 1);
  return count ? `${plain}-${count}` : plain;
}
