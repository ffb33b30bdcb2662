// What a Markdown text has in fences and in backticks, and the commands of a shell script.

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

/**
 * The simple commands of a script: lists of words. Quotes are taken away; `$(…)` and heredocs are looked into as
 * scripts of their own, and stand as `$SUBSTITUTION` and not at all in the command. Known variables are filled in.
 */
export function commandsOf(script, variables = new Map()) {
  const found = [];
  let words = [];
  let word;
  let at = 0;
  const end = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = () => {
    end();
    while (/^[A-Za-z_]\w*=/.test(words[0] ?? "") || words[0] === "export" || words[0] === "exec" || words[0] === "if" || words[0] === "while" || words[0] === "then" || words[0] === "do" || words[0] === "!") {
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(words.shift()) ?? [];
      if (name) variables.set(name, value);
    }
    if (words.length) found.push(words);
    words = [];
  };
  const dollar = () => {
    if (script[at] === "(") {
      const close = matching(script, at);
      found.push(...commandsOf(script.slice(at + 1, close), variables));
      at = close + 1;
      return "$SUBSTITUTION";
    }
    const name = /^(\w+|\{\w+\})/.exec(script.slice(at))?.[0];
    if (!name) return "$";
    at += name.length;
    return variables.get(name.replace(/[{}]/g, "")) ?? `$${name.replace(/[{}]/g, "")}`;
  };
  while (at < script.length) {
    const sign = script[at++];
    if (sign === "'") {
      const close = script.indexOf("'", at);
      word = (word ?? "") + script.slice(at, close);
      at = close + 1;
    } else if (sign === '"') {
      word ??= "";
      while (at < script.length && script[at] !== '"') {
        const inner = script[at++];
        if (inner === "\\") word += script[at++];
        else word += inner === "$" ? dollar() : inner;
      }
      at += 1;
    } else if (sign === "\\") {
      const next = script[at++];
      if (next !== "\n") word = (word ?? "") + next;
    } else if (sign === "$") word = (word ?? "") + dollar();
    else if (sign === "#" && word === undefined) {
      while (at < script.length && script[at] !== "\n") at += 1;
    } else if (sign === "<" && script[at] === "<") {
      const mark = /^<-?\s*'?(\w+)'?/.exec(script.slice(at));
      if (!mark) continue;
      at += mark[0].length;
      const close = script.indexOf(`\n${mark[1]}`, at);
      const rest = script.slice(at, script.indexOf("\n", at));
      endCommand();
      found.push(...commandsOf(rest, variables));
      at = close < 0 ? script.length : close + mark[1].length + 1;
    } else if (/[\n;|&()<>]/.test(sign)) {
      if (/[<>]/.test(sign)) {
        // Where it goes is no word of the command.
        end();
        if (/^\d$/.test(words.at(-1) ?? "")) words.pop();
        at += /^[>&]?\s*[^\s;|&)]*/.exec(script.slice(at))[0].length;
      } else endCommand();
    } else if (/\s/.test(sign)) end();
    else word = (word ?? "") + sign;
  }
  endCommand();
  return found;
}

/** Where the bracket at `open` is closed. */
function matching(text, open) {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "'") at = text.indexOf("'", at + 1);
    else if (text[at] === "(") depth += 1;
    else if (text[at] === ")") {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return text.length;
}
