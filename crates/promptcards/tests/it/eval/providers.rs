//! Who is asked, and how: both protocols, completions, `echo`, and answers that are given.

use serde_json::json;

use super::{Place, all};

#[test]
fn every_kind_of_provider_answers() {
    let place = Place::with(
        "
prompts: ['echo: one {{thing}}']
providers:
  - echo
  - ollama:chat:llama3.2
  - {id: 'ollama:completion:llama3.2', label: completed, config: {temperature: 0, num_predict: 50}}
  - {id: 'openai:chat:qwen3:8b', label: over v1, config: {apiKey: sk-canary-1, temperature: 0.5}}
tests:
  - vars: {thing: two}
    assert: [{type: contains, value: 'one {{thing}}'}]
",
    );
    let results = place.results(&["--no-cache"], 0);
    assert_eq!(all(&results, "/response/output")[1..], ["one two"; 3]);
    assert_eq!(all(&results, "/response/output")[0], "echo: one two");
    assert_eq!(all(&results, "/provider/label"), ["", "", "completed", "over v1"]);
    let usage: Vec<_> =
        results.iter().map(|result| result["tokenUsage"]["completion"].as_i64().unwrap()).collect();
    assert!(usage[0] == 0 && usage[1..].iter().all(|tokens| *tokens > 0), "{usage:?}");
    assert!(!place.read("out.json").contains("canary"), "a key was written");
}

#[test]
fn one_server_may_be_named_by_each_provider() {
    let place = Place::with("prompts: [x]\nproviders: [echo]");
    let url = place.models.url();
    let config = json!({
        "prompts": [[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "echo: {{a}}"}]],
        "providers": [
            {"id": "openai:chat:llama3.2", "config": {"apiBaseUrl": format!("{url}/v1")}},
            {"ollama:chat:llama3.2": {"env": {"OLLAMA_BASE_URL": url}}},
        ],
        "tests": [{"vars": {"a": "a \"quoted\"\nword"}, "assert": [{"type": "equals", "value": "{{a}}"}]}],
    });
    let mut config = config;
    config["prompts"][0] = json!({"raw": config["prompts"][0].to_string(), "label": "chat"});
    place.write("config.json", config.to_string());
    let mut command = place.command(&["-c", "config.json", "--no-cache"]);
    command.env_remove("OLLAMA_BASE_URL").env_remove("OPENAI_BASE_URL");
    super::Ended::from(command.output().unwrap()).expect(0);
}

#[test]
fn an_answer_that_is_given_is_judged_and_no_model_asked() {
    let place = Place::with(
        "
prompts: ['x']
providers: ['ollama:chat:llama3.2']
tests:
  - providerOutput: 'as given'
    assert: [{type: equals, value: as given}, {type: cost, threshold: 0}]
  - providerOutput: {a: [1]}
    assert: [{type: equals, value: {a: [1]}}]
  - providerOutput: wrong
    assert: [{type: equals, value: right}]
",
    );
    let results = place.results(&[], 100);
    assert_eq!(all(&results, "/verdict"), ["pass", "pass", "fail"]);
    assert_eq!(place.models.counters().calls, 0);
}

#[test]
fn what_the_server_says_is_the_reason_of_an_error() {
    let place = Place::with(
        "
prompts: ['x']
providers: ['ollama:chat:no-such-model', echo]
tests: [{assert: [{type: contains, value: x}]}]
",
    );
    let results = place.results(&[], 100);
    assert_eq!(all(&results, "/verdict"), ["–", "pass"]);
    assert_eq!(results[0]["failureReason"], 2);
    assert!(all(&results, "/error")[0].contains("no model `no-such-model`"), "{}", results[0]["error"]);
}

#[test]
fn an_answer_that_cannot_be_judged_is_invalid_unless_promptfoo_is_to_be_followed() {
    // All of it goes into thinking.
    let place = Place::with(
        "
prompts: ['echo: one']
providers: [{id: 'ollama:chat:qwen3:8b', config: {num_predict: 2}}]
tests: [{assert: [{type: not-contains, value: two}]}]
",
    );
    let results = place.results(&[], 100);
    assert_eq!(all(&results, "/verdict"), ["invalid"]);
    assert_eq!((&results[0]["failureReason"], &results[0]["success"]), (&2.into(), &false.into()));
    assert_eq!(results[0]["error"], "Empty: budget went into thinking");
    assert_eq!(all(&place.results(&["--promptfoo-verdicts"], 0), "/verdict"), ["pass"]);
}
