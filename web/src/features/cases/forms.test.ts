import { describe, expect, it } from "vitest";
import type { Assertion, CaseContent } from "@/api/types";
import { assertionTypes } from "@/test/fixtures";
import { assertionOf, assertionsSummary, errorsAt, formOf, newAssertion } from "./assertionForm";
import { caseFormOf, caseOf, variablesOf } from "./caseForm";
import { caseTitle } from "./caseTitle";
import { parseCases } from "./parseCases";

describe("an assertion in a form", () => {
  const examples: Assertion[] = [
    { type: "equals", value: "Paris" },
    { type: "equals", value: { city: "Paris" } },
    { type: "not-contains", value: "sorry", weight: 0.5, metric: "polite" },
    { type: "contains" },
    { type: "number", value: 42, config: { tolerance: "5%", pattern: "A: (\\d+)" } },
    { type: "number", value: "{{ expected }}" },
    { type: "length", value: { max: 50, unit: "words" } },
    { type: "is-json", value: { type: "object", required: ["name"] } },
    { type: "contains-any", value: ["red", "blue"] },
    { type: "contains-any", value: 'red, "light, blue"' },
    {
      type: "assert-set",
      threshold: 0.5,
      weight: 3,
      metric: "tone",
      assert: [
        { type: "contains", value: "a", weight: 2 },
        { type: "not-length", value: { max: 50, unit: "words" }, metric: "short" },
        { type: "from-the-future", value: "kept as it is" },
      ],
    },
    { type: "from-the-future", value: "kept as it is" },
  ];

  it.each(examples)("comes out as it went in: %j", (assertion) => {
    const made = assertionOf(formOf(assertion, assertionTypes), assertionTypes);
    expect(made).toEqual({ assertion, errors: {} });
  });

  it("says what is not yet right, where it stands", () => {
    const form = { ...newAssertion("is-json"), value: "{broken", weight: "much" };
    expect(assertionOf(form, assertionTypes).errors).toEqual({
      "/value": 'Write JSON, for example {"type": "object"}',
      "/weight": "This is not a number",
    });
    const length = { ...newAssertion("length"), fields: { max: "many" } };
    expect(assertionOf(length, assertionTypes).errors).toEqual({
      "/value/max": "Use a whole number, 0 or more",
    });
    expect(assertionOf({ ...newAssertion("equals"), weight: "-1" }, assertionTypes).errors).toHaveProperty(
      "/weight",
    );
  });

  it("says what is wrong within a set at the place in the set", () => {
    const inner = { ...newAssertion("number"), config: { tolerance: "1" }, weight: "heavy" };
    const set = { ...newAssertion("assert-set"), threshold: "half", assert: [newAssertion("equals"), inner] };
    const { errors } = assertionOf(set, assertionTypes);
    expect(errors).toEqual({
      "/threshold": "This is not a number",
      "/assert/1/weight": "This is not a number",
    });
    expect(errorsAt("/assert/1", errors)).toEqual({ "/weight": "This is not a number" });
    expect(assertionOf({ ...set, threshold: "", assert: [] }, assertionTypes).errors).toEqual({
      "/assert": "A set needs an assertion",
    });
  });

  it("keeps the assertions of a set while another type is tried, and does not send them", () => {
    const set = { ...newAssertion("assert-set"), assert: [newAssertion("equals")] };
    expect(assertionOf({ ...set, name: "equals" }, assertionTypes).assertion).toEqual({ type: "equals" });
    expect(assertionOf(set, assertionTypes).assertion.assert).toEqual([{ type: "equals" }]);
  });

  it("is summed up by its type", () => {
    expect(assertionsSummary([{ type: "regex" }, { type: "not-equals" }, { type: "regex" }])).toBe(
      "regex ×2, not equals",
    );
  });
});

describe("a case in a form", () => {
  const definitions = [
    { name: "question", type: "text" as const, required: true },
    { name: "limit", type: "number" as const },
    { name: "unit", type: "number" as const, allowed_values: [1, 2] },
  ];
  const content: CaseContent = {
    description: "Ducks",
    variables: { question: "How many?", limit: 3, unit: 2, extra: ["a"] },
    assertions: [{ type: "contains", value: "3" }],
    expected_output: "",
    threshold: 0.5,
    tags: ["time", "money"],
  };

  it("comes out as it went in, also with variables that the card does not have", () => {
    const all = variablesOf(definitions, content.variables ?? {});
    expect(all.at(-1)).toEqual({ name: "extra", type: "list", required: false });
    expect(caseOf(caseFormOf(content, assertionTypes), all, assertionTypes)).toEqual({ content, errors: {} });
  });

  it("names the variable whose text is no value", () => {
    const form = { ...caseFormOf(content, assertionTypes), variables: { limit: "three" } };
    expect(caseOf(form, definitions, assertionTypes).errors).toEqual({
      "/variables/limit": "This is not a number",
    });
  });

  it("is called by its description, or by its first variable", () => {
    expect(caseTitle(content)).toBe("Ducks");
    expect(caseTitle({ variables: { n: 3 }, assertions: [] })).toBe("n: 3");
    expect(caseTitle({ variables: {}, assertions: [] })).toBe("No variables");
  });
});

describe("pasted cases", () => {
  it("are a list, one object, or lines", () => {
    const one = { variables: { q: "1" }, assertions: [], expected_output: "2" };
    expect(parseCases(JSON.stringify([one, one])).cases).toEqual([one, one]);
    expect(parseCases(JSON.stringify(one)).cases).toEqual([one]);
    expect(parseCases(`${JSON.stringify(one)}\n\n${JSON.stringify(one)}\n`).cases).toEqual([one, one]);
  });

  it("without a field of a case are variables", () => {
    expect(parseCases('{"question": "How many?"}').cases).toEqual([
      { variables: { question: "How many?" }, assertions: [] },
    ]);
  });

  it("that are wrong are named by their line", () => {
    const { errors } = parseCases('{"variables": {}, "colour": 1}\nnot json\n[1]');
    expect(errors.map(({ at }) => at).sort()).toEqual([1, 2, 3]);
    expect(errors.find(({ at }) => at === 1)?.why).toContain("colour");
  });
});
