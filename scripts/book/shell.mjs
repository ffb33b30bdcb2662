// The commands of a shell script, as far as documentation has them: quotes, variables, `$(…)`, heredocs, pipes.

/** Words before a command that are not its name. */
const BEFORE = new Set(["export", "exec", "if", "while", "then", "do", "!"]);

/**
 * The simple commands of a script: lists of words without their quotes. `$(…)` is looked into as a script of its own
 * and stands as `$SUBSTITUTION` in its command; a heredoc is passed over. Known variables are filled in, and what the
 * script sets is known behind it.
 */
export function commandsOf(script, variables = new Map()) {
  return new Reader(script, variables).read();
}

class Reader {
  #script;
  #variables;
  #at = 0;
  #found = [];
  #words = [];
  /** The word that is being read; nothing between two words. */
  #word;

  constructor(script, variables) {
    this.#script = script;
    this.#variables = variables;
  }

  read() {
    while (this.#at < this.#script.length) this.#next(this.#script[this.#at++]);
    this.#endCommand();
    return this.#found;
  }

  #next(sign) {
    if (sign === "'") this.#add(this.#until("'"));
    else if (sign === '"') this.#quoted();
    else if (sign === "\\") this.#escaped(this.#script[this.#at++]);
    else if (sign === "$") this.#add(this.#dollar());
    else if (sign === "#" && this.#word === undefined) this.#comment();
    else if (sign === "<" || sign === ">") this.#redirect(sign);
    else if (/[\n;|&()]/.test(sign)) this.#endCommand();
    else if (/\s/.test(sign)) this.#endWord();
    else this.#add(sign);
  }

  #add(text) {
    this.#word = (this.#word ?? "") + text;
  }

  /** What stands before the next `sign`, which is passed over. */
  #until(sign) {
    const close = this.#script.indexOf(sign, this.#at);
    const end = close < 0 ? this.#script.length : close;
    const text = this.#script.slice(this.#at, end);
    this.#at = end + sign.length;
    return text;
  }

  #comment() {
    this.#until("\n");
    this.#endCommand();
  }

  #quoted() {
    this.#add("");
    while (this.#at < this.#script.length) {
      const sign = this.#script[this.#at++];
      if (sign === '"') return;
      if (sign === "\\") this.#add(this.#script[this.#at++]);
      else this.#add(sign === "$" ? this.#dollar() : sign);
    }
  }

  #escaped(sign) {
    if (sign !== "\n") this.#add(sign);
  }

  #dollar() {
    if (this.#script[this.#at] === "(") {
      const close = matching(this.#script, this.#at);
      this.#found.push(...commandsOf(this.#script.slice(this.#at + 1, close), this.#variables));
      this.#at = close + 1;
      return "$SUBSTITUTION";
    }
    const written = /^(\w+|\{\w+\})/.exec(this.#script.slice(this.#at))?.[0];
    if (!written) return "$";
    this.#at += written.length;
    const name = written.replace(/[{}]/g, "");
    return this.#variables.get(name) ?? `$${name}`;
  }

  /** Where it goes is no word of the command. */
  #redirect(sign) {
    this.#endWord();
    if (/^\d$/.test(this.#words.at(-1) ?? "")) this.#words.pop();
    const rest = this.#script.slice(this.#at);
    const heredoc = sign === "<" && /^<-?\s*'?(\w+)'?(.*)\n/.exec(rest);
    if (!heredoc) this.#at += /^[<>&]*\s*("[^"]*"|[^\s;|&()]*)/.exec(rest)[0].length;
    else this.#heredoc(heredoc);
  }

  #heredoc([whole, mark, behind]) {
    this.#endCommand();
    this.#found.push(...commandsOf(behind, this.#variables));
    this.#at += whole.length - 1;
    this.#until(`\n${mark}`);
  }

  #endWord() {
    if (this.#word !== undefined) this.#words.push(this.#word);
    this.#word = undefined;
  }

  #endCommand() {
    this.#endWord();
    while (this.#words.length && this.#isBefore(this.#words[0])) this.#words.shift();
    if (this.#words.length) this.#found.push(this.#words);
    this.#words = [];
  }

  #isBefore(word) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? [];
    if (name) this.#variables.set(name, value);
    return Boolean(name) || BEFORE.has(word);
  }
}

/** Where the bracket at `open` is closed. */
function matching(text, open) {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "'") at = Math.max(at, text.indexOf("'", at + 1));
    else if (text[at] === "(") depth += 1;
    else if (text[at] === ")" && --depth === 0) return at;
  }
  return text.length;
}
