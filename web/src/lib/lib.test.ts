import { describe, expect, it } from "vitest";
import { bytes, count, duration, percent, plural, shortDigest } from "./format";
import { lineDiff } from "./lineDiff";
import { flag, oneOf, text, whole } from "./searchParams";
import { isSlug, slugOf } from "./slug";
import { ago } from "./time";
import { textOfValue, typeOfValue, valueOfText } from "./values";
import { wilson } from "./wilson";

describe("figures", () => {
  it("are written as people read them", () => {
    expect(count(1319)).toBe("1,319");
    expect(plural(1, "case")).toBe("1 case");
    expect(plural(0, "case")).toBe("0 cases");
    expect(percent(458 / 1319)).toBe("34.7");
    expect(shortDigest("sha256:0123456789abcdef")).toBe("0123456789ab");
  });

  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [4200, "4.2 s"],
    [59_940, "59.9 s"],
    [59_990, "1 min 0 s"],
    [372_000, "6 min 12 s"],
    [7_500_000, "2 h 5 min"],
  ])("of time: %i ms are %s", (ms, written) => expect(duration(ms)).toBe(written));

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [2_019_393_189, "2.0 GB"],
    [274_302_450, "274.3 MB"],
  ])("of size: %i bytes are %s", (value, written) => expect(bytes(value)).toBe(written));
});

describe("the interval of a rate", () => {
  it("is Wilson's", () => {
    const interval = wilson(458, 1319);
    expect(interval?.low).toBeCloseTo(0.322, 3);
    expect(interval?.high).toBeCloseTo(0.373, 3);
  });

  it("stays within 0 and 1, and is none where nothing was judged", () => {
    expect(wilson(0, 5)?.low).toBe(0);
    expect(wilson(5, 5)?.high).toBe(1);
    expect(wilson(0, 0)).toBeNull();
  });
});

describe("how long ago", () => {
  const now = new Date(2026, 10, 23, 14, 2, 0);
  it.each([
    [new Date(2026, 10, 23, 14, 1, 58), "just now"],
    [new Date(2026, 10, 23, 14, 1, 18), "42 s ago"],
    [new Date(2026, 10, 23, 13, 58, 0), "4 min ago"],
    [new Date(2026, 10, 23, 9, 5, 0), "today 09:05"],
    [new Date(2026, 10, 22, 23, 0, 0), "yesterday"],
    [new Date(2026, 10, 1, 12, 0, 0), "Nov 1"],
    [new Date(2025, 10, 1, 12, 0, 0), "Nov 1, 2025"],
  ])("%s is %s", (then, said) => expect(ago(then.toISOString(), now)).toBe(said));
});

describe("the name of a title", () => {
  it.each([
    ["Sort a support ticket", "sort-a-support-ticket"],
    ["  Grüße, Welt! ", "grusse-welt"],
    ["数学", ""],
    ["A--b__c", "a-b-c"],
  ])("%s is %s", (title, slug) => expect(slugOf(title)).toBe(slug));

  it("is checked by the rule that the server has", () => {
    expect(["a", "a-b", "a1"].every(isSlug)).toBe(true);
    expect(["", "A", "a--b", "-a", "a b"].some(isSlug)).toBe(false);
  });
});

describe("values in fields", () => {
  it.each([
    ["text", " a ", " a "],
    ["number", "1.5", 1.5],
    ["number", "", undefined],
    ["boolean", "true", true],
    ["list", "[1]", [1]],
    ["object", '{"a":1}', { a: 1 }],
  ] as const)("%s %j is %j", (type, typed, value) => {
    expect(valueOfText(type, typed)).toEqual({ ok: true, value });
    if (value !== undefined) expect(typeOfValue(value)).toBe(type);
  });

  it.each([
    ["number", "many"],
    ["boolean", "yes"],
    ["list", "{}"],
    ["object", "[]"],
    ["object", "{"],
  ] as const)("%s %j is none", (type, typed) => expect(valueOfText(type, typed).ok).toBe(false));

  it("are shown as text, everything else as JSON", () => {
    expect(textOfValue("a")).toBe("a");
    expect(textOfValue(3)).toBe("3");
    expect(textOfValue(undefined)).toBe("");
    expect(textOfValue([1])).toBe("[\n  1\n]");
  });
});

describe("search parameters", () => {
  it("are what they can be read as, or absent", () => {
    expect([text("a"), text(""), text(7), text({})]).toEqual(["a", undefined, "7", undefined]);
    expect([flag(true), flag("true"), flag("no"), flag(undefined)]).toEqual([
      true,
      true,
      undefined,
      undefined,
    ]);
    expect([oneOf("b", ["a", "b"]), oneOf("c", ["a", "b"])]).toEqual(["b", undefined]);
    expect([whole(7), whole("7"), whole("7.5"), whole("")]).toEqual([7, 7, undefined, undefined]);
  });
});

describe("a change of lines", () => {
  it("numbers both sides and marks the words that changed", () => {
    const rows = lineDiff("one\n{{ question }}\nend", "one\n{{ question | trim }}\nend");
    expect(rows.map(({ kind, before, after }) => [kind, before, after])).toEqual([
      ["same", 1, 1],
      ["del", 2, null],
      ["add", null, 2],
      ["same", 3, 3],
    ]);
    expect(
      rows[2]?.pieces
        .filter((piece) => piece.changed)
        .map((piece) => piece.text)
        .join("")
        .trim(),
    ).toBe("| trim");
  });

  it("of nothing is only additions, and of the same is none", () => {
    expect(lineDiff("", "a\nb").map(({ kind }) => kind)).toEqual(["add", "add"]);
    expect(lineDiff("a", "a").map(({ kind }) => kind)).toEqual(["same"]);
  });
});
