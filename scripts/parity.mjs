// Makes cases by seed, lets promptfoo judge them, and writes them with its verdicts, one JSON object a line:
//   node scripts/parity.mjs PROMPTFOO SEED COUNT >cases.jsonl
import { pathToFileURL } from "node:url";

const [program, seedText, countText] = process.argv.slice(2);
const { default: promptfoo } = await import(pathToFileURL(program).href);

// A small generator of chance (mulberry32), so that a seed makes the same cases everywhere.
let state = Number(seedText) >>> 0;
function chance() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const below = (limit) => Math.floor(chance() * limit);
const pick = (list) => list[below(list.length)];
const maybe = (share, value) => (chance() < share ? value() : undefined);

const texts = [
  "", " ", "\n", "\t \r\n", "\u00a0", "\ufeff", "\u0085", "a", "A", "Paris", "paris", " Paris ", "Paris.\n",
  "The capital of France is Paris, and that of Poland is Warszawa.",
  "Zażółć gęślą jaźń", "ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "Straße", "STRASSE", "ΟΔΟΣ", "οδος", "İstanbul", "i̇stanbul", "ǅ ǆ",
  "😀", "😀😀 smile 😁", "👩‍👩‍👧", "é", "é", "日本語のテキスト", "مرحبا بالعالم", "ﬁne", "Ⅷ",
  "42", "-0", "0", "1e3", "1,234.50", "0x1F", "NaN", "Infinity", "007", "3.0", "true", "null", "[]", "{}", '""',
  "one two three", "one\u00a0two\u2003three", "one\u0085two", "  many   spaces  ", "line one\nline two\r\nline three",
  '{"name": "Ada", "age": 36}', '{"name":"Ada","age":"36"}', '[1, 2, 3]', '{"a": {"b": [1, {"c": null}]}}',
  '{"a": 1, "a": 2}', '{"a": 1e400}', '{"a": "\\ud800"}', '{"a": 1,}', "{'a': 1}", "{a: 1}", "{a:1}", "{ not json }",
  'Here you are: {"name": "Ada", "age": 36}. Anything else?', 'Two: {"a": 1} and {"b": 2}', '{"a": 1} trailing',
  '```json\n{"name": "Bob", "age": 7}\n```', "```\n[1, 2]\n```", '{"open": {"deep": 1', '{"a": "}"}', '{"a": "{"}',
  '{"a": "b // c"} // {"d": 1}', "{a: https://x.y, b: 'it''s'}", "{{ city }}", "{% if x %}", "\\frac{1}{2}",
  "if (x) { return {y: 1}; }", "{a: 2024-02-29, b: .5, c: 0o17, d: yes, e: ~}", "{<<: {a: 1}, b: 2}", "{a: *b}",
  "{a: &b [1], c: *b}", "{- a}", "{a: !!str 1}", "{@a}", "{#a}\n{b: 1}", "{a: 1 # c\n, d: 2}", "{a: one\n two}", '{"a": "x\ty"}',
  '{"a": "x\ny"}', "{" + "{".repeat(30), "}{", "{}{}", "[{}]", '{"é": "😀"}', "{? a : b, : c, [d]: e}",
  "I'm sorry, but I cannot help with that.", "I’m sorry.", "As an AI language model, I have no opinion.",
  "Sorry", "sorry!", "We are sorry.", "This is not legal advice.", "not legalese", "I can’t assist with that request.",
  "I won't write that.", "I do not feel comfortable with it", "It is illegal to park here", "I aim to provide facts",
  "a\\b", "a.b", "(a)", "$4.50", "^a$", "x".repeat(300), "ab".repeat(50), 'say "hi", please', "red, green, blue",
  "\u2028", "a\u2028b", "a\u0000b", "\\d", "tab\there", "https://example.com/?q=1#x", "2024-12-31", "a,b;c",
  "kitten", "sitting", "mitten", "The answer is 42.", "the ANSWER is 42", "yes", "Yes.", "no", "stop", "length",
];

/** A text, sometimes changed a little. */
function text() {
  const whole = pick(texts);
  switch (below(8)) {
    case 0: return `${whole} ${pick(texts)}`;
    case 1: return whole.toUpperCase();
    case 2: return whole.slice(0, below(whole.length + 1));
    case 3: return `${pick(texts)}\n${whole}`;
    case 4: {
      // A sign more, or one less: near what reads as JSON lies what does not.
      const place = below(whole.length + 1);
      return whole.slice(0, place) + pick([...`{}[]:,"'#\n -?&*!|>%@~\\/`, " // ", ": ", "- ", ""]) + whole.slice(place + below(2));
    }
    default: return whole;
  }
}

/** A part of an output, so that about half of what looks for it finds it. */
function part(output) {
  if (chance() < 0.35) return pick(texts);
  const begin = below(output.length + 1);
  const piece = [...output.slice(begin, begin + 1 + below(12))].filter((letter) => letter.length === 2 || !/[\ud800-\udfff]/.test(letter)).join("");
  return chance() < 0.2 ? piece.toUpperCase() : piece;
}

const quoted = (field) => (/[",\\]/.test(field) || chance() < 0.2 ? `"${field.replace(/"/g, pick(['""', '\\"']))}"` : field);

function list(output) {
  const parts = Array.from({ length: below(4) }, () => part(output));
  switch (below(10)) {
    case 0: return pick(["", " ", ",", " , ,", '"', '"a', '"a" b', 'a "b"', '""', '"a""b"', '"a\\"b", c', "a,,b", "\u00a0a\ufeff,b"]);
    case 1: return pick([5, 0, true, {}, { a: 1 }, [], [""], [1, true, null, [1, 2], { a: 1 }], [null], ["a", 4.0]]);
    case 2: case 3: case 4: return parts.map(quoted).join(pick([",", ", ", " ,"]));
    default: return parts;
  }
}

const schemas = [
  { type: "object" }, { type: "array" }, { type: "object", required: ["name"] }, { required: ["a"] }, {},
  { type: "object", properties: { age: { type: "integer", minimum: 10 } } },
  { type: "object", properties: { age: { type: ["string", "null"] } }, additionalProperties: false },
  { properties: { a: { const: 1 } }, required: ["a"] }, { properties: { a: { enum: [1, "b"] } }, minProperties: 1 },
  { type: "array", items: { type: "number" }, minItems: 2, uniqueItems: true }, { type: "null" }, { type: "number" },
  { not: { type: "object" } }, { anyOf: [{ required: ["a"] }, { required: ["name"] }] }, { oneOf: [{}, { type: "object" }] },
  { if: { required: ["a"] }, then: { required: ["b"] }, else: { required: ["name"] } }, { maxProperties: 1 },
  { properties: { name: { type: "string", pattern: "^[A-Z]", maxLength: 3 } } }, { propertyNames: { pattern: "^[a-z]+$" } },
  { patternProperties: { "^a": { type: "number" } } }, { type: "string", minLength: 1 }, { type: "integer" },
  { definitions: { x: { type: "number" } }, properties: { a: { $ref: "#/definitions/x" } } }, { multipleOf: 0.5 },
  { $schema: "http://json-schema.org/draft-07/schema#", type: "object" }, { dependencies: { a: ["b"] } },
  { properties: { b: { format: "date" } } }, { type: "string", nullable: true }, { contains: { const: 2 } },
  { requird: ["a"] }, { type: "objekt" }, { format: "no-such-format" }, { properties: { a: { minimum: "x" } } },
];
const schemaTexts = [
  "", "{{ schema }}", "type: object\nrequired: [a]", "required:\n  - name\ntype: object\n", "{type: object, required: [name]}",
  "type: [array, 'null']", "minimum: 010", "properties: {a: {const: 1}}", "- type: object", "object", "true", "false", "5",
  "# nothing", "type: object\ntype: array", "type: yes", "a: b: c", "&x {type: object}", "not: {type: string} # no text",
];
const schema = () =>
  maybe(0.6, () => {
    const found = pick(schemas);
    if (chance() < 0.8) return found;
    return pick([JSON.stringify(found), ...schemaTexts, false, 0, 5, true, []]);
  });

// Without modifiers such as `(?i:a)`: which version of Node runs promptfoo decides whether there are any.
const patterns = [
  "Paris", "^Paris", "Paris$", "^.$", "^..$", "\\d+", "^\\d+$", "\\bis\\b", "(a|b)+", "[A-Z][a-z]+", "\\s", "^\\s*$", ".*",
  "(?i)paris", "(", "[", "a{2,1}", "*", "\\", "(?<name>a)\\k<name>", "(?=.*42).*answer", "(?<!\\$)4", "(.)\\1", "\\u0041",
  "\\u{41}", "\\p{L}", "[^\\x00-\\x7F]", "\\w+@\\w+", "a{,2}", "]", "}", "{", "x{300}", "(?:)", "$^", "[\\s\\S]", "\\cA", "\\0",
  "^(?!.*sorry).*$", "é", "😀", "[😀]", "\\ud83d", "\\/", "[^]", "[]", "(?s).", "\\Z", "\\Qa\\E", "a++", "(?>a)", "\\n", "",
  "[^]*$", "(?<=a)b", "\\1(a)", "a{0}", "[\\b]", "x*?$", "[a-\\d]", "\\k<a>", "{,5}", "(?:a|ab)(?:c|bcd)*$", "[\\w-]+",
  "^\\S+$", "(\\d+).*\\1", "[[:alpha:]]", "\\x4", "\\u004", "^(?:\\s|\\S){5}", "(?=$)", "\\B", "[^\\W\\d_]+",
];

const named = {
  equals: (output) => pick([output, output, part(output), text(), Number(output) || 0, true, null, 1.0, 1e21, { a: 1 }, [], [1, 2, 3], { name: "Ada", age: 36 }]),
  contains: (output) => pick([part(output), part(output), part(output), "", 42, 1.0, 0, true, ["a"], {}, "{{ city }}"]),
  icontains: (output) => pick([part(output), part(output).toLowerCase(), part(output).toUpperCase(), "", 42, "{{ city }}"]),
  "contains-all": list, "contains-any": list, "icontains-all": list, "icontains-any": list,
  "starts-with": (output) => pick([output.slice(0, below(6)), output.slice(0, 3).toUpperCase(), part(output), "", 42, ["a"], "{{ city }}"]),
  regex: () => pick(patterns),
  "is-json": schema, "contains-json": schema,
  "word-count": (output) => {
    const words = output.trim().split(/\s+/).filter(Boolean).length;
    const about = () => Math.max(0, words + below(3) - 1);
    return pick([about(), about(), String(about()), { min: about() }, { max: about() }, { min: about(), max: about() + 2 },
      { min: 3, max: 1 }, {}, { min: "1", max: "10" }, { min: "2", max: 3 }, "two", "", " 3 ", "0x2", "1e0", 2.5, -1, true, null, [2], { max: null }]);
  },
  levenshtein: (output) => pick([output, `${output}x`, output.toUpperCase(), output.slice(below(5)), part(output), text(), "", 42, ["a"]]),
  "is-refusal": () => undefined,
  "finish-reason": () => pick(["stop", "STOP", "length", "tool_calls", "", 5, undefined, "{{ city }}"]),
  latency: () => undefined, cost: () => undefined,
};
const types = Object.keys(named);
const thresholds = {
  levenshtein: () => maybe(0.6, () => pick([0, 1, 2.5, 3, 5, 100, -1])),
  latency: () => maybe(0.85, () => pick([0, 99, 100, 100.5, 5000])),
  cost: () => maybe(0.85, () => pick([0, 0.001, 0.002, 1])),
};

const variables = { city: "Paris", part: "tone", schema: '{"type": "object"}' };
const set = (object, name, value) => value !== undefined && (object[name] = value);

function assertion(output, type = pick(types)) {
  const made = { type: chance() < 0.3 ? `not-${type}` : type };
  set(made, "value", named[type](output));
  set(made, "threshold", thresholds[type]?.());
  return made;
}

const plain = {
  equals: (output) => pick([output, part(output), { a: 1 }]),
  contains: (output) => part(output) || "a", icontains: (output) => part(output) || "a",
  "contains-any": (output) => [part(output), "zz"], "icontains-all": (output) => [part(output), part(output)],
  "word-count": () => pick([1, { min: 2 }, { max: 4 }]), levenshtein: (output) => pick([output, text(), `${output}!`]),
  "is-refusal": () => undefined, "is-json": () => maybe(0.5, () => ({ type: "object" })),
  "contains-json": () => maybe(0.5, () => ({ required: ["a"] })), regex: () => pick(patterns),
};

/** An assertion with what counts when several are added up. Errors would hide the rest, so that they are rare. */
function weighted(output) {
  const type = pick(Object.keys(plain));
  const made = below(40) ? { type: chance() < 0.3 ? `not-${type}` : type, value: plain[type](output) } : assertion(output);
  set(made, "weight", maybe(0.5, () => pick([0, 0.1, 0.3, 0.5, 1, 2, 3, 7])));
  set(made, "metric", maybe(0.5, () => pick(["tone", "form", "{{ part }}", "set", ""])));
  return made;
}

function assertSet(output) {
  const made = { type: "assert-set", assert: Array.from({ length: below(8) ? 1 + below(4) : 0 }, () => weighted(output)) };
  if (!below(25)) made.assert.push({ type: "assert-set", assert: [weighted(output)] });
  if (!below(25)) made.type = "not-assert-set";
  set(made, "threshold", maybe(0.5, () => pick([0, 0.25, 0.5, 0.75, 1, 1.5])));
  set(made, "weight", maybe(0.4, () => pick([0, 0.5, 2])));
  set(made, "metric", maybe(0.5, () => pick(["set", "tone", "{{ part }}"])));
  return made;
}

function makeCase(number) {
  const output = text().replaceAll("\0", "\ufffd").toWellFormed();
  const made = { output, finish_reason: pick([undefined, "", "stop", "Stop", "length"]), latency_ms: pick([undefined, 0, 100, 101]), cost_usd: pick([undefined, 0, 0.001, 0.0025]), case: { variables } };
  if (number % 5 < 3) {
    // Every type as often as any other.
    made.case.assertions = [assertion(output, types[Math.floor(number / 5) % types.length])];
  } else {
    made.case.assertions = Array.from({ length: 1 + below(5) }, () => (chance() < 0.25 ? assertSet(output) : weighted(output)));
    set(made.case, "threshold", maybe(0.5, () => pick([0, 0.25, 0.5, 2 / 3, 0.75, 0.9, 1])));
  }
  // A text that was cut within a surrogate pair is none that a model's answer or a case can hold.
  return JSON.parse(JSON.stringify(made), (_, value) => (typeof value === "string" ? value.toWellFormed() : value));
}

async function judged({ output, finish_reason, latency_ms, cost_usd, case: { assertions, threshold } }) {
  const test = { vars: variables, assert: structuredClone(assertions), threshold };
  const providerResponse = { output, finishReason: finish_reason, cost: cost_usd };
  try {
    const result = await promptfoo.assertions.runAssertions({ test, providerResponse, latencyMs: latency_ms });
    return { verdict: result.pass ? "pass" : "fail", score: result.score, metrics: result.namedScores };
  } catch {
    return { verdict: "error" };
  }
}

for (let number = 0; number < Number(countText); number++) {
  const made = makeCase(number);
  process.stdout.write(`${JSON.stringify({ ...made, promptfoo: await judged(made) })}\n`);
}
