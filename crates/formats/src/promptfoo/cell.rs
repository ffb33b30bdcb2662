//! The grammar of `__expected` cells: an assertion in one line.

use domain::assertion::separated_list;
use domain::test_case::Assertion;

/// promptfoo's types, in the order in which it tries them.
const TYPES: [&str; 63] = [
    "agent-rubric",
    "answer-relevance",
    "bleu",
    "classifier",
    "contains",
    "contains-all",
    "contains-any",
    "contains-html",
    "contains-json",
    "contains-sql",
    "contains-xml",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "conversation-relevance",
    "cost",
    "equals",
    "factuality",
    "finish-reason",
    "g-eval",
    "gleu",
    "guardrails",
    "icontains",
    "icontains-all",
    "icontains-any",
    "is-html",
    "is-json",
    "is-refusal",
    "is-sql",
    "is-valid-function-call",
    "is-valid-openai-function-call",
    "is-valid-openai-tools-call",
    "is-xml",
    "javascript",
    "latency",
    "levenshtein",
    "llm-rubric",
    "pi",
    "meteor",
    "model-graded-closedqa",
    "model-graded-factuality",
    "moderation",
    "perplexity",
    "perplexity-score",
    "python",
    "regex",
    "rouge-n",
    "ruby",
    "similar",
    "similar:cosine",
    "similar:dot",
    "similar:euclidean",
    "starts-with",
    "tool-call-f1",
    "skill-used",
    "trajectory:goal-success",
    "trajectory:tool-args-match",
    "trajectory:step-count",
    "trajectory:tool-sequence",
    "trajectory:tool-used",
    "trace-error-spans",
    "trace-span-count",
    "trace-span-duration",
];

/// Types that have a threshold of 0.75 where a cell gives none, even those that elsewhere need or have another.
const WITH_THRESHOLD: [&str; 12] = [
    "answer-relevance",
    "classifier",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "cost",
    "latency",
    "levenshtein",
    "perplexity",
    "perplexity-score",
    "rouge-n",
    "starts-with",
];

/// Types whose value is a list, with commas between.
const WITH_LIST: [&str; 4] = ["contains-all", "contains-any", "icontains-all", "icontains-any"];

/// Reads a cell. What fits no type is the text that the output must equal.
pub(super) fn assertion(cell: &str) -> Result<Assertion, String> {
    let of = |name: &str, value: &str| Ok(Assertion::of(name).with_value(value));
    for prefix in ["javascript:", "fn:", "eval:"] {
        if let Some(code) = cell.strip_prefix(prefix) {
            return of("javascript", code.trim());
        }
    }
    if let Some(file) = cell.strip_prefix("file://") {
        let ending = crate::files::extension(file);
        match ending.split(':').next().unwrap_or_default() {
            "py" => return of("python", file.trim()),
            "js" | "cjs" | "mjs" | "ts" | "cts" | "mts" => return of("javascript", cell),
            _ => {}
        }
    }
    for prefix in ["grade:", "llm-rubric:"] {
        if let Some(rubric) = cell.strip_prefix(prefix) {
            return of("llm-rubric", rubric);
        }
    }
    if let Some(code) = cell.strip_prefix("python:") {
        return of("python", code.trim());
    }
    let (not, rest) = cell.strip_prefix("not-").map_or(("", cell), |rest| ("not-", rest));
    let found = TYPES.iter().chain(["search-rubric", "webhook", "word-count"].iter()).find_map(|name| {
        let (threshold, value) = suffix(rest.strip_prefix(name)?)?;
        Some((*name, threshold, value))
    });
    let Some((name, threshold, value)) = found else { return of("equals", cell) };
    let mut assertion = Assertion::of(format!("{not}{name}"));
    assertion.value = match value {
        Some(value) if WITH_LIST.contains(&name) && !value.is_empty() => Some(separated_list(value)?.into()),
        // A schema keeps its spaces, which YAML may need.
        Some(value) if matches!(name, "is-json" | "contains-json") => Some(value.into()),
        Some(value) => Some(value.trim().into()),
        None => None,
    };
    if name == "similar" {
        assertion.threshold = Some(threshold.unwrap_or(0.8));
    } else if WITH_THRESHOLD.contains(&name) {
        assertion.threshold = Some(threshold.unwrap_or(0.75));
    }
    Ok(assertion)
}

/// What may stand behind a type: `(threshold)`, `:value`, both, or nothing.
fn suffix(rest: &str) -> Option<(Option<f64>, Option<&str>)> {
    let (threshold, rest) = match rest.strip_prefix('(') {
        None => (None, rest),
        Some(inner) => {
            let (number, rest) = inner.split_once(')')?;
            let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if !digits(whole) || !digits(fraction) {
                return None;
            }
            (Some(number.parse().ok()?), rest)
        }
    };
    if rest.is_empty() {
        return Some((threshold, None));
    }
    Some((threshold, Some(rest.strip_prefix(':')?)))
}

/// A number in a cell; none where it is not one.
pub(super) fn number(cell: &str) -> Option<f64> {
    let cell = cell.trim();
    let numeric = cell.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let starts =
        cell.trim_start_matches(['+', '-']).starts_with(|sign: char| sign.is_ascii_digit() || sign == '.');
    if !numeric || !starts {
        return None;
    }
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_read_as_promptfoo_reads_them() {
        // Each line was run through promptfoo 0.121.20: the type, the value, the threshold.
        let table = [
            ("Paris", json!(["equals", "Paris", null])),
            ("Contains: x", json!(["equals", "Contains: x", null])),
            ("contains: Paris ", json!(["contains", "Paris", null])),
            ("contains", json!(["contains", null, null])),
            ("not-contains:a:b", json!(["not-contains", "a:b", null])),
            ("contains-all: a, b,,\"c, d\",", json!(["contains-all", ["a", "b", "c, d"], null])),
            ("icontains-any:\"a \"\"b\"\" \\\"c\\\"\"", json!(["icontains-any", ["a \"b\" \"c\""], null])),
            ("contains-all:", json!(["contains-all", "", null])),
            ("levenshtein:hello", json!(["levenshtein", "hello", 0.75])),
            ("levenshtein(5):hello", json!(["levenshtein", "hello", 5.0])),
            ("levenshtein(5.5)", json!(["levenshtein", null, 5.5])),
            ("levenshtein(x):hello", json!(["equals", "levenshtein(x):hello", null])),
            ("latency", json!(["latency", null, 0.75])),
            ("similar:cosine:x", json!(["similar", "cosine:x", 0.8])),
            ("similar(0):x", json!(["similar", "x", 0.0])),
            ("is-json", json!(["is-json", null, null])),
            ("is-json: {a: 1}", json!(["is-json", " {a: 1}", null])),
            ("regex:^a\n.b", json!(["regex", "^a\n.b", null])),
            ("starts-with:A", json!(["starts-with", "A", 0.75])),
            ("contains(3):x", json!(["contains", "x", null])),
            ("word-count:5", json!(["word-count", "5", null])),
            ("containsx", json!(["equals", "containsx", null])),
            ("fn: output.length > 3", json!(["javascript", "output.length > 3", null])),
            ("eval:1", json!(["javascript", "1", null])),
            ("grade: is nice", json!(["llm-rubric", " is nice", null])),
            ("file://a.py:f", json!(["python", "a.py:f", null])),
            ("file://a.js", json!(["javascript", "file://a.js", null])),
            ("file://a.txt", json!(["equals", "file://a.txt", null])),
            ("not-equals:x", json!(["not-equals", "x", null])),
        ];
        for (cell, expected) in table {
            let found = assertion(cell).unwrap();
            assert_eq!(json!([found.assertion_type, found.value, found.threshold]), expected, "{cell}");
        }
        assert!(assertion("contains-any:\"a").unwrap_err().contains("not closed"));
        assert!(assertion("contains-any:\"a\" b").unwrap_err().contains("needs a comma"));
    }

    #[test]
    fn numbers_are_whole_literals() {
        for (cell, expected) in
            [(" 0 ", Some(0.0)), ("1e2", Some(100.0)), (".5", Some(0.5)), ("5.", Some(5.0))]
        {
            assert_eq!(number(cell), expected, "{cell}");
        }
        for cell in ["", "5px", "NaN", "Infinity", "0x10", "--1", "1 2", "e5"] {
            assert_eq!(number(cell), None, "{cell}");
        }
    }
}
