//! A version of a card and its cases as a config of promptfoo, and what of them does not map.

use domain::card::{CardKind, ModelParameters, Role};
use domain::template::NunjucksTemplate;
use domain::test_case::{Assertion, CaseContent};
use domain::yaml;
use serde_json::{Map, Value, json};

use super::{Card, Suite, Version};
use crate::problem::{Findings, Path, Problem};

/// Types of assertions that promptfoo does not have.
const OWN_TYPES: [&str; 4] = ["number", "length", "json-path", "cel"];
/// Filters that templates of cards have and Nunjucks has not.
const OWN_FILTERS: [&str; 7] = ["attr", "bool", "count", "format", "items", "lines", "tojson"];

/// A config of promptfoo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The config, in YAML.
    pub config: String,
    /// What means something else there, or is left out.
    pub problems: Vec<Problem>,
}

/// Writes a version of a card for promptfoo. `providers` are promptfoo's, such as `ollama:chat:llama3.2`.
pub fn to_promptfoo(
    card: &Card,
    version: &Version,
    suite: Option<&Suite>,
    providers: &[String],
) -> Result<Exported, String> {
    let mut findings = Findings::default();
    let prompt = json!({
        "label": format!("{} v{}", card.slug, version.version),
        "raw": raw(version, &mut findings),
    });
    let parameters = &version.content.parameters;
    let with_parameters = |id: &String| match config(id, parameters, &mut Findings::default()) {
        config if config.is_empty() => Value::from(id.as_str()),
        config => json!({"id": id, "config": config}),
    };
    if let Some(first) = providers.first() {
        config(first, parameters, &mut findings);
    }
    let mut document = json!({
        "description": card.title,
        "prompts": [prompt],
        "providers": providers.iter().map(with_parameters).collect::<Vec<_>>(),
    });
    let defaults = defaults(version);
    let cases = suite.map(|suite| suite.cases.as_slice()).unwrap_or_default();
    let tests = cases.iter().enumerate().map(|(index, case)| {
        let path = Path::of("cases").index(index);
        test(case, &defaults, &path, &mut findings)
    });
    let tests: Vec<Value> = tests.collect();
    if let Some(fields) = document.as_object_mut().filter(|_| !tests.is_empty()) {
        fields.insert("tests".into(), tests.into());
    }
    if version.content.output_schema.is_some() {
        findings.note(&Path::of("output_schema"), "is left out: promptfoo keeps no schema with a prompt");
    }
    let mut problems = findings.problems;
    problems.extend(findings.notes);
    Ok(Exported { config: yaml::write(&document)?, problems })
}

/// The prompt: a text, or the messages as JSON, of which promptfoo renders every text by itself.
fn raw(version: &Version, findings: &mut Findings) -> String {
    let content = &version.content;
    for (index, message) in content.messages.iter().enumerate() {
        let (text, path) = (message.joined_text(), Path::of("messages").index(index));
        if text.contains("{%") && text.contains("include") && !content.includes.is_empty() {
            findings.refuse(&path, "includes another card, which promptfoo cannot");
        }
        if let Err(problem) = NunjucksTemplate::compile(&text) {
            findings.refuse(&path, format!("is no template for Nunjucks: {}", problem.message));
        }
        for filter in OWN_FILTERS.iter().filter(|filter| uses_filter(&text, filter)) {
            findings.refuse(&path, format!("uses the filter `{filter}`, which Nunjucks does not have"));
        }
        if prints_lists(&text, version) {
            findings.note(&path, "prints a list or an object as JSON; promptfoo does not. Write `| dump`");
        }
    }
    match content.kind {
        CardKind::Text => {
            let text = content.messages.iter().map(domain::card::Message::joined_text).collect::<String>();
            if serde_json::from_str::<Value>(&text).is_ok() {
                findings.note(
                    &Path::of("messages"),
                    "is JSON, which promptfoo writes anew and sends as messages",
                );
            }
            without_path(text, findings)
        }
        CardKind::Chat => {
            let role = |role: Role| match role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            let messages: Vec<Value> = content
                .messages
                .iter()
                .map(|message| json!({"role": role(message.role), "content": message.joined_text()}))
                .collect();
            serde_json::to_string_pretty(&messages).unwrap_or_default()
        }
    }
}

/// promptfoo takes a text of one line with a `/` or a `*` for the path of a file. A first line that is rendered to
/// nothing keeps it from doing so.
fn without_path(text: String, findings: &mut Findings) -> String {
    let like_path = text.contains(['/', '\\', '*']) || text.contains('.');
    if text.contains('\n') || !like_path {
        return text;
    }
    if text.starts_with(char::is_whitespace) {
        findings.note(&Path::of("messages"), "loses the space that it begins with");
    }
    format!("{{{{ \"\" -}}}}\n{text}")
}

fn uses_filter(text: &str, filter: &str) -> bool {
    text.match_indices('|').any(|(at, _)| {
        let name = text[at + 1..].trim_start();
        name.strip_prefix(filter)
            .is_some_and(|rest| !rest.starts_with(|sign: char| sign.is_alphanumeric() || sign == '_'))
    })
}

/// Whether a text prints a variable that is defined as a list or an object.
fn prints_lists(text: &str, version: &Version) -> bool {
    use domain::variables::VariableType::{List, Object};
    let defined =
        version.content.variables.iter().filter(|variable| matches!(variable.variable_type, List | Object));
    defined.into_iter().any(|variable| {
        let tight = format!("{{{{{}}}}}", variable.name);
        text.split_whitespace().collect::<String>().contains(&tight)
    })
}

/// Values that a card gives where a case gives none.
fn defaults(version: &Version) -> Map<String, Value> {
    let variables = version.content.variables.iter();
    variables.filter_map(|variable| Some((variable.name.clone(), variable.default.clone()?))).collect()
}

/// The parameters as a provider of promptfoo takes them.
fn config(provider: &str, parameters: &ModelParameters, findings: &mut Findings) -> Map<String, Value> {
    let mut config = Map::new();
    if provider == "echo" {
        return config;
    }
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(key.to_owned(), value);
        }
    };
    let is_openai = provider.starts_with("openai:");
    put("temperature", parameters.temperature.map(Value::from));
    put("top_p", parameters.top_p.map(Value::from));
    put("seed", parameters.seed.map(Value::from));
    put("stop", (!parameters.stop.is_empty()).then(|| parameters.stop.clone().into()));
    put(if is_openai { "max_tokens" } else { "num_predict" }, parameters.num_predict.map(Value::from));
    let path = Path::of("parameters");
    if is_openai {
        let left_out = [
            ("top_k", parameters.top_k.is_some()),
            ("num_ctx", parameters.num_ctx.is_some()),
            ("think", parameters.think.is_some()),
            ("keep_alive", parameters.keep_alive.is_some()),
        ];
        for (name, _) in left_out.into_iter().filter(|(_, is_set)| *is_set) {
            findings.refuse(&path.key(name), "is left out: the protocol of OpenAI has nothing like it");
        }
        put(
            "response_format",
            parameters.format.as_ref().map(|format| match format {
                Value::String(_) => json!({"type": "json_object"}),
                schema => json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}),
            }),
        );
    } else {
        put("top_k", parameters.top_k.map(Value::from));
        put("num_ctx", parameters.num_ctx.map(Value::from));
        put("think", parameters.think.clone());
        let more: Map<String, Value> =
            [("format", &parameters.format), ("keep_alive", &parameters.keep_alive)]
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value.clone()?)))
                .collect();
        put("passthrough", (!more.is_empty()).then_some(more.into()));
    }
    for (key, value) in &parameters.options {
        put(key, Some(value.clone()));
    }
    config
}

fn test(case: &CaseContent, defaults: &Map<String, Value>, path: &Path, findings: &mut Findings) -> Value {
    let mut variables = defaults.clone();
    variables.extend(case.variables.clone());
    for (name, value) in &variables {
        let path = path.key("variables").key(name);
        if let Some(text) = value.as_str() {
            if text.contains("{{") || text.contains("{%") || text.contains("{#") {
                findings.refuse(&path, "holds a tag, which promptfoo renders");
            }
            if text.starts_with("file://") || text.starts_with("package:") {
                findings.refuse(&path, "begins like the name of a file, which promptfoo reads");
            }
            if text.ends_with('\n') {
                findings.refuse(&path, "ends with a line end, which promptfoo takes off");
            }
        }
    }
    let fans_out = variables.values().any(|value| value.get(0).is_some_and(Value::is_string));
    let mut test = Map::new();
    if !case.description.is_empty() {
        test.insert("description".into(), case.description.as_str().into());
    }
    test.insert("vars".into(), variables.into());
    let expected = case.expected_output.as_deref();
    let asked = case.assertions.iter().enumerate();
    let mut assertions: Vec<Value> = asked
        .filter_map(|(index, it)| assertion(it, expected, &path.key("assertions").index(index), findings))
        .collect();
    if let (true, Some(expected)) = (case.assertions.is_empty(), expected) {
        assertions.push(
            json!({"type": "equals", "value": literal(expected, &path.key("expected_output"), findings)}),
        );
    }
    if !assertions.is_empty() {
        test.insert("assert".into(), assertions.into());
    }
    if let Some(threshold) = case.threshold {
        test.insert("threshold".into(), threshold.into());
    }
    if fans_out {
        // Else promptfoo would make a test of each item of a list.
        test.insert("options".into(), json!({"disableVarExpansion": true}));
    }
    if !case.tags.is_empty() {
        test.insert("metadata".into(), json!({"tags": case.tags}));
    }
    test.into()
}

/// A text that is taken as it is here, where promptfoo renders it.
fn literal(text: &str, path: &Path, findings: &mut Findings) -> String {
    if text.starts_with("file://") {
        findings.refuse(path, "begins like the name of a file, which promptfoo reads");
    }
    if !["{{", "{%", "{#"].iter().any(|sign| text.contains(sign)) {
        return text.to_owned();
    }
    if text.contains("endraw") {
        findings.refuse(path, "holds `endraw`, by which promptfoo renders what follows");
    }
    format!("{{% raw %}}{text}{{% endraw %}}")
}

fn assertion(it: &Assertion, expected: Option<&str>, path: &Path, findings: &mut Findings) -> Option<Value> {
    let name = it.assertion_type.strip_prefix("not-").unwrap_or(&it.assertion_type);
    if OWN_TYPES.contains(&name) {
        findings.refuse(&path.key("type"), format!("{name} is left out: promptfoo does not have it"));
        return None;
    }
    let mut written = serde_json::to_value(it).ok()?;
    let fields = written.as_object_mut()?;
    let takes_expected = ["equals", "contains", "icontains", "starts-with", "levenshtein"];
    if let (None, Some(expected), true) = (&it.value, expected, takes_expected.contains(&name)) {
        fields.insert("value".into(), literal(expected, &path.key("value"), findings).into());
    }
    if !it.assert.is_empty() {
        let inner = it.assert.iter().enumerate();
        let inner = inner.filter_map(|(index, inner)| {
            assertion(inner, expected, &path.key("assert").index(index), findings)
        });
        let inner: Vec<Value> = inner.collect();
        fields.insert("assert".into(), inner.into());
    }
    Some(written)
}
