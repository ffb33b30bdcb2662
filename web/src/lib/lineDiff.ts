import { diffArrays, diffWordsWithSpace } from "diff";

export interface Piece {
  text: string;
  changed: boolean;
}

export interface DiffRow {
  kind: "same" | "add" | "del";
  /** Line numbers from 1, where the line stands on that side. */
  before: number | null;
  after: number | null;
  pieces: Piece[];
}

/** Two texts line by line; in lines that replace each other, the words that changed. */
export function lineDiff(before: string, after: string): DiffRow[] {
  const rows: DiffRow[] = [];
  let beforeLine = 0;
  let afterLine = 0;
  const changes = diffArrays(linesOf(before), linesOf(after));
  for (let index = 0; index < changes.length; index += 1) {
    const change = changes[index];
    if (!change) continue;
    if (!change.added && !change.removed) {
      for (const text of change.value) {
        beforeLine += 1;
        afterLine += 1;
        rows.push({ kind: "same", before: beforeLine, after: afterLine, pieces: [{ text, changed: false }] });
      }
      continue;
    }
    const next = changes[index + 1];
    const removed = change.removed ? change.value : [];
    const added = change.added ? change.value : next?.added ? next.value : [];
    if (change.removed && next?.added) index += 1;
    removed.forEach((text, at) => {
      beforeLine += 1;
      rows.push({ kind: "del", before: beforeLine, after: null, pieces: pieces(text, added[at], "removed") });
    });
    added.forEach((text, at) => {
      afterLine += 1;
      rows.push({ kind: "add", before: null, after: afterLine, pieces: pieces(text, removed[at], "added") });
    });
  }
  return rows;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

/** The words of one line, those marked that its counterpart does not have. Without one, the line is all new. */
function pieces(text: string, counterpart: string | undefined, side: "added" | "removed"): Piece[] {
  if (counterpart === undefined) return [{ text, changed: false }];
  const [old, now] = side === "removed" ? [text, counterpart] : [counterpart, text];
  return diffWordsWithSpace(old, now)
    .filter((part) => (side === "removed" ? !part.added : !part.removed))
    .map((part) => ({ text: part.value, changed: part.added || part.removed }));
}
