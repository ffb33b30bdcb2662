// The order of the book: reads `docs/SUMMARY.md`, whose form is mdBook's.
import { readFileSync } from "node:fs";

/** Parts with their chapters: `{ title, chapters: [{ title, file, depth }] }`; the first part may have no title. */
export function readSummary(path) {
  const parts = [{ title: "", chapters: [] }];
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const part = /^# (.+)$/.exec(line);
    const chapter = /^( *)(?:- )?\[([^\]]+)\]\(([^)]+\.md)\)$/.exec(line);
    if (part && part[1] !== "Summary") parts.push({ title: part[1], chapters: [] });
    else if (chapter) {
      const [, indent, title, file] = chapter;
      parts.at(-1).chapters.push({ title, file, depth: indent.length / 2 });
    } else if (line.trim() && !part) throw new Error(`SUMMARY.md: what is this? ${line}`);
  }
  return parts.filter(({ chapters }) => chapters.length > 0);
}
