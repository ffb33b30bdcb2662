//! Configs of the shapes that promptfoo's own examples have, run as they are.

use super::{Place, all};

#[test]
fn prompts_of_files_go_to_the_providers_that_name_their_labels() {
    let place = Place::with(
        "
prompts:
  prompts/chat.json: as-chat
  prompts/plain.txt: as-text
providers:
  - {id: 'ollama:llama3.2', prompts: [as-text], config: {num_predict: 64}}
  - {id: 'openai:qwen3:8b', prompts: [as-chat], config: {apiKey: any}}
defaultTest:
  assert:
    - {type: not-icontains, value: as an assistant}
    - {type: not-icontains, value: sorry}
tests:
  - vars: {message: 'echo: how are you?'}
  - vars: {message: 'echo: a recipe for soup'}
",
    );
    place.write("prompts/chat.json", r#"[{"role": "user", "content": "{{message}}"}]"#);
    place.write("prompts/plain.txt", "{{message}}\n");
    let results = place.results(&[], 0);
    // As in promptfoo, the label of a file that a map names is followed by the file and its text.
    let labels = all(&results, "/prompt/label");
    let labels: Vec<_> = labels.iter().filter_map(|label| label.split(':').next()).collect();
    assert_eq!(labels, ["as-text", "as-chat", "as-text", "as-chat"]);
    assert_eq!(all(&results, "/verdict"), ["pass"; 4]);
}

#[test]
fn a_cell_of_a_table_holds_json_that_the_prompt_takes_apart() {
    let place = Place::with("prompts: [file://prompts.txt]\nproviders: [echo]\ntests: file://tests.csv\n");
    place.write(
        "prompts.txt",
        "Tone: {{ (style | load).tone }}. Say in {{language}}: \"{{body}}\"\n---\nStyle: {{style}}. {{body}} in {{language}}\n",
    );
    place.write(
        "tests.csv",
        "language,body,style,__expected\n\
         Welsh,\"Good night\",\"{\"\"tone\"\":\"\"kind\"\",\"\"form\"\":{\"\"list\"\":true}}\",\"icontains:good NIGHT\"\n",
    );
    assert_eq!(
        all(&place.results(&[], 0), "/response/output"),
        [
            "Tone: kind. Say in Welsh: \"Good night\"",
            "Style: {\"tone\":\"kind\",\"form\":{\"list\":true}}. Good night in Welsh",
        ]
    );
}

#[test]
fn a_chat_is_made_of_a_history_in_loops() {
    let place = Place::with(
        "
prompts: [file://chat.json]
providers: [echo]
defaultTest:
  vars:
    system: file://system.txt
    history: [{user: 'Who wrote \"Emma\"?'}, {assistant: Jane Austen}]
tests:
  - vars: {question: 'What else did she write?'}
",
    );
    place.write("system.txt", "Be \"brief\".\n");
    place.write(
        "chat.json",
        r#"[
  {"role": "system", "content": {{ system | dump }}},
  {% for message in history %}
    {% for role, content in message %}
      {"role": "{{ role }}", "content": {{ content | dump }}},
    {% endfor %}
  {% endfor %}
  {"role": "user", "content": {{ question | dump }}}
]
"#,
    );
    let results = place.results(&[], 0);
    let output = results[0]["response"]["output"].as_str().unwrap();
    let chat: serde_json::Value = serde_json::from_str(output).unwrap();
    assert_eq!(
        chat,
        serde_json::json!([
            { "role": "system", "content": "Be \"brief\"." },
            { "role": "user", "content": "Who wrote \"Emma\"?" },
            { "role": "assistant", "content": "Jane Austen" },
            { "role": "user", "content": "What else did she write?" },
        ])
    );
}

#[test]
fn lines_of_json_are_tests_with_their_assertions() {
    let place = Place::with(
        "
# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json
description: Tests in lines of JSON
prompts: ['{{greeting}}, {{name}}!']
providers: [echo]
tests: file://cases.jsonl
",
    );
    place.write(
        "cases.jsonl",
        "{\"vars\": {\"greeting\": \"Hello\", \"name\": \"Ann\"}, \"assert\": [{\"type\": \"equals\", \"value\": \"Hello, Ann!\"}]}\n\
         {\"vars\": {\"greeting\": \"Good day\", \"name\": \"Bo\"}, \"assert\": [{\"type\": \"equals\", \"value\": \"Good day, Bo!\"}]}",
    );
    assert_eq!(all(&place.results(&[], 0), "/verdict"), ["pass", "pass"]);
}

#[test]
fn a_table_has_several_expectations_and_metadata() {
    let place = Place::with("prompts: ['About {{topic}}']\nproviders: [echo]\ntests: file://tests.csv\n");
    place.write(
        "tests.csv",
        "topic,__expected1,__expected2,__metadata:kind,__metadata:tags[]\n\
         \"red foxes\",\"contains: foxes\",\"icontains:{{topic}}\",\"animals\",\"wild\\,free,red\"\n",
    );
    let results = place.results(&[], 0);
    let metadata = &results[0]["testCase"]["metadata"];
    assert_eq!(*metadata, serde_json::json!({ "kind": "animals", "tags": ["wild,free", "red"] }));
    assert_eq!(results[0]["gradingResult"]["componentResults"].as_array().unwrap().len(), 2);
}

#[test]
fn lists_of_variables_fan_out_and_templates_of_assertions_are_referred_to() {
    let place = Place::with(
        "
prompts:
  - {id: file://first.txt, label: the first}
  - 'Second: {{word}} in {{language}}'
providers: [{id: echo, label: all of them}, {id: echo, label: one of them, prompts: [the first]}]
tests:
  - description: words
    vars: {word: [sun, moon], language: [Irish, Basque]}
    assert: [{$ref: '#/assertionTemplates/names'}]
assertionTemplates:
  names: {type: contains-any, value: [sun, moon]}
",
    );
    place.write("first.txt", "First: {{word}} in {{language}}");
    let results = place.results(&[], 0);
    assert_eq!(results.len(), 3 * 4);
    let outputs = all(&results, "/response/output");
    assert_eq!(
        outputs.iter().filter(|output| output.starts_with("First: moon in Basque")).count(),
        2,
        "{outputs:?}"
    );
}

#[test]
fn what_needs_a_program_or_a_judge_is_named_before_a_call() {
    let place = Place::with(
        "
prompts: ['{{a}}']
providers: ['ollama:chat:llama3.2']
tests:
  - vars: {a: x}
    assert:
      - {type: javascript, value: output.length > 3}
      - {type: llm-rubric, value: is friendly}
      - {type: similar, value: hello, threshold: 0.8}
    options: {transform: output.trim()}
",
    );
    let ended = place.eval(&[]);
    ended.expect(1);
    for place in [
        "assert[0].type: javascript",
        "assert[1].type: llm-rubric",
        "assert[2].type: similar",
        "options.transform",
    ] {
        assert!(ended.said.contains(&format!("tests[0].{place}")), "{place}: {}", ended.said);
    }
    assert_eq!(place.models.counters().calls, 0);
}
