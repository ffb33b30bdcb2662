// Whether commands of the documentation are commands of the program: read from the page that it generated.

/** The commands of `docs/reference/commands.md`: by their words, the flags with whether they take a value. */
export function readCommands(page) {
  const known = new Map([
    [
      "",
      {
        flags: new Map([
          ["--version", false],
          ["-V", false],
          ["--help", false],
        ]),
        below: new Set(["help"]),
      },
    ],
  ]);
  let own;
  for (const line of page.split("\n")) {
    const head = /^#{2,3} promptcards (.+)$/.exec(line);
    if (head) {
      const words = head[1].split(" ");
      own = { flags: new Map(), below: new Set() };
      known.set(head[1], own);
      known.get(words.slice(0, -1).join(" ")).below.add(words.at(-1));
    } else if (own) {
      const flag = /^\s+(?:(-\w), )?(--[\w-]+)( <)?/.exec(line);
      if (flag) for (const name of [flag[1], flag[2]]) if (name) own.flags.set(name, Boolean(flag[3]));
      for (const [, list] of line.matchAll(/\[alias(?:es)?: ([^\]]+)\]/g)) {
        for (const name of list.split(", ")) own.flags.set(name, true);
      }
    }
  }
  return known;
}

/** What is wrong with a command, a list of words that begins with the program; nothing if it may be typed. */
export function complaintOf(words, known) {
  const rest = words.slice(1);
  let path = "";
  while (rest.length && known.get(path).below.has(rest[0])) {
    path = path ? `${path} ${rest.shift()}` : rest.shift();
    if (!known.has(path)) return undefined;
  }
  const { flags, below } = known.get(path);
  if (below.size && path === "" && rest[0] && !rest[0].startsWith("-") && !/^[$A-Z…]/.test(rest[0])) {
    return `promptcards has no command ${rest[0]}`;
  }
  for (const word of rest) {
    if (word === "--") return undefined;
    const name = /^(--[\w-]+|-[a-zA-Z])(?:=.*)?$/.exec(word)?.[1];
    if (name && name !== "--help" && name !== "-h" && !flags.has(name))
      return `promptcards ${path} has no flag ${name}`;
  }
  return undefined;
}
