import { StreamLanguage, type StreamParser } from "@codemirror/language";
import { tags } from "@lezer/highlight";

type Kind = "variable" | "tag" | "comment";

interface State {
  inside: Kind | null;
}

const OPENERS: Record<string, Kind> = { "{{": "variable", "{%": "tag", "{#": "comment" };
const CLOSERS: Record<Kind, string> = { variable: "}}", tag: "%}", comment: "#}" };
const TOKENS: Record<Kind, string> = {
  variable: "templateVariable",
  tag: "templateTag",
  comment: "templateComment",
};

/** Tells the three kinds of Jinja marks apart, also over several lines; the text between has no colour. */
export const jinjaParser: StreamParser<State> = {
  name: "jinja",
  startState: () => ({ inside: null }),
  token(stream, state) {
    if (state.inside === null) {
      const opener = OPENERS[stream.string.slice(stream.pos, stream.pos + 2)];
      if (opener) {
        stream.pos += 2;
        state.inside = opener;
        return TOKENS[opener];
      }
      const next = stream.string.slice(stream.pos + 1).search(/\{[{%#]/);
      if (next < 0) stream.skipToEnd();
      else stream.pos += next + 1;
      return null;
    }
    const kind = state.inside;
    const end = stream.string.indexOf(CLOSERS[kind], stream.pos);
    if (end < 0) stream.skipToEnd();
    else {
      stream.pos = end + 2;
      state.inside = null;
    }
    return TOKENS[kind];
  },
  tokenTable: {
    templateVariable: tags.variableName,
    templateTag: tags.keyword,
    templateComment: tags.comment,
  },
};

export const jinja = StreamLanguage.define(jinjaParser);
