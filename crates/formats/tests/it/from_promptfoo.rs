//! A config of promptfoo as cards: what is sent and asked is the same, and what does not map is named.

use std::collections::BTreeMap;

use domain::card::{CardContent, CardKind};
use domain::template::{Includes, PromptTemplate};
use domain::variables::{VariableType, check_variables};
use formats::InMemoryFiles;
use formats::native::{Converted, from_promptfoo, read, to_promptfoo, write};
use formats::promptfoo::{self, Evaluation, Flags, Input};
use serde_json::json;

fn evaluation(config: &str) -> Evaluation {
    let files: InMemoryFiles = [("c.yaml", config)].into_iter().collect();
    let environment = BTreeMap::new();
    let input =
        Input { files: &files, config: Some("c.yaml"), environment: &environment, flags: Flags::default() };
    promptfoo::read(input).unwrap()
}

fn converted(config: &str) -> Converted {
    from_promptfoo(&evaluation(config), "card").unwrap()
}

fn notes(converted: &Converted) -> Vec<String> {
    converted.notes.iter().map(ToString::to_string).collect()
}

const CONFIG: &str = "
description: Greetings
prompts: ['Say {{greeting}} to {{ name | upper }}{% if loud %}!{% endif %}']
providers:
  - {id: 'ollama:chat:llama3.2', config: {temperature: 0.5, num_predict: 20}}
defaultTest:
  assert: [{type: not-contains, value: sorry}]
tests:
  - description: both
    vars: {greeting: [hi, ho], name: 'dear {{who}}', who: Ada, loud: true, n: 1.0}
    assert:
      - {type: contains, value: '{{greeting}}', weight: 2}
      - {type: contains-any, value: ['{{ name }}', x]}
      - {type: equals, value: '{{ name | dump }}'}
      - {type: equals, value: '{{ n }}'}
    threshold: 0.5
    metadata: {tags: [a, b], ticket: 7}
  - vars: {greeting: hello, name: Bob}
";

#[test]
fn a_config_becomes_a_card_with_its_cases() {
    let converted = converted(CONFIG);
    let [card] = &converted.document.cards[..] else { panic!("{:#?}", converted.document) };
    assert_eq!((card.slug.as_str(), card.title.as_str()), ("card", "Greetings"));
    let content = CardContent::from(card.versions[0].content.clone());
    assert_eq!(content.kind, CardKind::Text);
    assert_eq!((content.parameters.temperature, content.parameters.num_predict), (Some(0.5), Some(20)));
    let types: Vec<_> =
        content.variables.iter().map(|it| (it.name.as_str(), it.variable_type, it.required)).collect();
    assert_eq!(
        types,
        [
            ("greeting", VariableType::Text, true),
            ("name", VariableType::Text, true),
            ("loud", VariableType::Boolean, false)
        ]
    );
    let cases = &converted.document.suites[0].cases;
    assert_eq!(cases.len(), 3, "each value of a list is a case");
    assert_eq!(cases[1].variables["greeting"], "ho");
    assert_eq!(cases[1].variables["name"], "dear Ada", "variables in variables are put in");
    assert_eq!(
        (cases[0].threshold, cases[0].tags.len(), cases[0].description.as_str()),
        (Some(0.5), 2, "both")
    );
    let values: Vec<_> = cases[0].assertions.iter().map(|it| it.value.clone().unwrap()).collect();
    assert_eq!(values[..3], [json!("sorry"), json!("{{greeting}}"), json!(["{{ name }}", "x"])]);
    assert_eq!(values[3], "\"dear Ada\"", "a template that cards do not have is put in");
    assert_eq!(values[4], "1", "and one that means something else: a card prints 1.0");
    let said = notes(&converted);
    assert!(
        said.contains(
            &"tests[0].metadata.ticket: is left out: a case has tags and no other metadata".to_owned()
        ),
        "{said:#?}"
    );
    assert!(
        said.iter()
            .any(|note| note.starts_with("providers[0]: ") && note.ends_with("--model ollama/llama3.2")),
        "{said:#?}"
    );
    assert_eq!(said.len(), 2, "{said:#?}");

    // What is sent is the same.
    let evaluation = evaluation(CONFIG);
    let renderer = evaluation.renderer();
    let template = PromptTemplate::compile(&content, &Includes::default()).unwrap();
    for (cell, case) in evaluation.cells().unwrap().iter().zip(cases) {
        let ours = template.render(&check_variables(&content.variables, &case.variables).unwrap()).unwrap();
        assert_eq!(ours[0].joined_text(), renderer.render(cell).unwrap().prompt);
    }
    // It is a file like any other.
    let text = write(&converted.document).unwrap();
    assert_eq!(read(&text).unwrap(), converted.document);
}

#[test]
fn several_prompts_are_cards_over_one_suite_and_messages_are_a_chat() {
    let converted = converted(
        "
prompts:
  - {label: short, raw: 'Hi {{name}}'}
  - '[{\"role\": \"system\", \"content\": \"Be {{mood}}\"}, {\"role\": \"user\", \"content\": \"I am {{name}}\"}]'
providers: [echo]
tests: [{vars: {name: 'a \"b\"'}}]
",
    );
    let slugs: Vec<_> = converted.document.cards.iter().map(|card| card.slug.as_str()).collect();
    assert_eq!(slugs, ["card-1", "card-2"]);
    assert_eq!(converted.document.cards[0].title, "card: short");
    assert!(converted.document.cards.iter().all(|card| card.suite.as_deref() == Some("card")));
    let chat = &converted.document.cards[1].versions[0].content;
    assert_eq!((chat.kind, chat.messages.len()), (CardKind::Chat, 2));
    let mood = chat.variables.iter().find(|variable| variable.name == "mood").unwrap();
    assert_eq!((mood.required, &mood.default), (false, &Some(json!(""))), "what no test gives is nothing");
    let said = notes(&converted);
    assert_eq!(said, ["providers[0]: is left out: a card keeps no models, and no server has an echo"]);
}

#[test]
fn what_means_something_else_in_a_card_is_said() {
    let said = notes(&converted(
        "
prompts: ['{{ n }} {{ list }}']
providers: ['ollama:chat:a', {id: 'ollama:chat:b', config: {temperature: 1}}]
evaluateOptions: {repeat: 3}
tests:
  - {vars: {n: 1.0, list: [{a: 1}]}, providerOutput: x, options: {repeat: 2}}
",
    ));
    for wanted in [
        "providers: have different parameters, and the card has none of them",
        "tests[0].providerOutput: is left out: a run asks the model",
        "tests[0].options.repeat: is left out: a run repeats all its cases alike",
        "evaluateOptions.repeat: is left out: start runs with --repeat 3",
        "prompts[0]: is rendered otherwise as a card",
    ] {
        assert!(said.iter().any(|note| note.starts_with(wanted)), "{wanted}: {said:#?}");
    }
}

#[test]
fn what_no_card_can_hold_is_refused_with_its_place() {
    let refused = |config: &str| -> Vec<String> {
        let problems = from_promptfoo(&evaluation(config), "card").unwrap_err();
        problems.iter().map(ToString::to_string).collect()
    };
    let said = refused(
        "prompts: ['{% set x = 1 %}{% for a in b %}{{ x ']\nproviders: [echo]\ntests: [{vars: {b: c}}]\n",
    );
    assert!(said[0].starts_with("prompts[0]: is no template of a card: "), "{said:#?}");
    let said = refused("prompts: ['{{ env.HOME }}']\nproviders: [echo]\ntests: [{vars: {b: c}}]\n");
    assert!(said[0].starts_with("prompts[0]: uses `env`"), "{said:#?}");
    let said = refused("prompts: [x]\nproviders: [echo]\ntests: [{options: {prefix: a}}, {vars: {b: c}}]\n");
    assert!(said[0].starts_with("tests[1].options: has a prefix or suffix"), "{said:#?}");
}

#[test]
fn what_is_exported_to_promptfoo_comes_back() {
    let first = converted(CONFIG);
    let (card, suite) = (&first.document.cards[0], &first.document.suites[0]);
    let exported =
        to_promptfoo(card, &card.versions[0], Some(suite), &["ollama:chat:llama3.2".into()]).unwrap();
    assert_eq!(exported.problems, [], "{}", exported.config);
    let again = converted(&exported.config);
    assert_eq!(again.document.cards[0].versions[0].content.messages, card.versions[0].content.messages);
    let asked = |converted: &Converted| -> Vec<_> {
        converted.document.suites[0]
            .cases
            .iter()
            .map(|case| (case.assertions.clone(), case.tags.clone()))
            .collect()
    };
    assert_eq!(asked(&again), asked(&first));
}
