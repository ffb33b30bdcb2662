import { StringStream } from "@codemirror/language";
import { describe, expect, it } from "vitest";
import { jinjaParser } from "./jinja";
import { fixed, placed, suggestion } from "./problems";
import { substituted } from "./substituted";

function tokens(text: string): [string, string | null][] {
  const state = jinjaParser.startState?.(2) ?? { inside: null };
  return text.split("\n").flatMap((line) => {
    const stream = new StringStream(line, 2, 2);
    const found: [string, string | null][] = [];
    while (!stream.eol()) {
      const token = jinjaParser.token(stream, state);
      found.push([stream.current(), typeof token === "string" ? token : null]);
      stream.start = stream.pos;
    }
    return found;
  });
}

/** Neighbours of one kind put together, so that the test does not know where the parser stops for breath. */
function joined(text: string): [string, string | null][] {
  return tokens(text).reduce<[string, string | null][]>((all, [part, kind]) => {
    const last = all.at(-1);
    if (last && last[1] === kind) last[0] += part;
    else all.push([part, kind]);
    return all;
  }, []);
}

describe("the marks of a template", () => {
  it("are told from its text", () => {
    expect(joined("Hi {{ name }}, {not} {% if x %}")).toEqual([
      ["Hi ", null],
      ["{{ name }}", "templateVariable"],
      [", {not} ", null],
      ["{% if x %}", "templateTag"],
    ]);
  });

  it("go over several lines", () => {
    expect(joined("{# one\ntwo #} three")).toEqual([
      ["{# onetwo #}", "templateComment"],
      [" three", null],
    ]);
  });
});

describe("a problem", () => {
  const problem = {
    pointer: "/messages/0/content/0/text",
    line: 2,
    column: 6,
    end_column: 15,
    message: "`unit_name` is not defined. Did you mean `unit`?",
  };
  const text = "one\nin {{unit_name}}.";

  it("is found in the text by line and column", () => {
    const { from, to } = placed(problem, text);
    expect(text.slice(from, to)).toBe("unit_name");
  });

  it("counts columns in characters, not in their halves", () => {
    const { from, to } = placed({ ...problem, line: 1, column: 3, end_column: 4 }, "😀 x");
    expect("😀 x".slice(from, to)).toBe("x");
  });

  it("without an end covers the rest of its line, and one past the text its end", () => {
    expect(placed({ ...problem, end_column: null }, text)).toMatchObject({ to: text.length });
    expect(placed({ ...problem, line: 99, column: 99 }, text)).toMatchObject({
      from: text.length,
      to: text.length,
    });
  });

  it("is mended with what it suggests", () => {
    expect(suggestion(problem)).toBe("unit");
    expect(fixed(problem, text)).toBe("one\nin {{unit}}.");
    expect(fixed({ ...problem, message: "Unexpected end." }, text)).toBeNull();
  });
});

describe("what was put in", () => {
  const put = (template: string, rendered: string) =>
    substituted(template, rendered)
      .filter((run) => run.put)
      .map((run) => run.text);

  it("is what stands between the template's own words", () => {
    expect(put("Answer {{ q }} in {{ unit }}.", "Answer How many? in dollars.")).toEqual([
      "How many?",
      "dollars",
    ]);
  });

  it("is everything of an included card, and nothing of a branch that was not taken", () => {
    expect(put('A\n{% include "card:x" %}\nB\n{% if no %}C{% endif %}', "A\nPolite.\nB\n")).toEqual([
      "Polite.",
    ]);
  });

  it("loses no character", () => {
    const rendered = "  A b\n\n c D  ";
    expect(
      substituted("A {{x}} D", rendered)
        .map((run) => run.text)
        .join(""),
    ).toBe(rendered);
  });
});
