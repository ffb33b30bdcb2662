// What a Markdown text has in fences and in backticks.

/** Fenced blocks: `{ language, words, line, text }`; `words` stand behind the language, `line` is that of the fence. */
export function fencesOf(markdown) {
  const found = [];
  let open;
  markdown.split("\n").forEach((line, index) => {
    const fence = /^\s*```(\S*)(.*)$/.exec(line);
    if (!fence) open?.lines.push(line);
    else if (open) {
      found.push({ ...open, text: open.lines.join("\n") });
      open = undefined;
    } else open = { language: fence[1], words: fence[2].trim().split(/\s+/), line: index + 1, lines: [] };
  });
  return found;
}

/** Code in backticks outside of fences: `{ text, line }`. */
export function inlineOf(markdown) {
  let fenced = false;
  return markdown.split("\n").flatMap((line, index) => {
    if (/^\s*```/.test(line)) fenced = !fenced;
    if (fenced || /^\s*```/.test(line)) return [];
    return Array.from(line.matchAll(/`([^`]+)`/g), ([, text]) => ({ text, line: index + 1 }));
  });
}
