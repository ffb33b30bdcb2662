//! Our own YAML: nothing is lost, a person can read it, and what does not map to promptfoo is named.

use std::collections::BTreeMap;

use domain::card::{CardContent, CardKind, Message, ModelParameters, Part, PartType, Role};
use domain::template::{Includes, PromptTemplate};
use domain::test_case::{Assertion, CaseContent};
use domain::variables::{VariableDefinition, VariableType};
use formats::InMemoryFiles;
use formats::native::{Card, Document, Suite, Version, read, to_promptfoo, write};
use formats::promptfoo::{self, Flags, Input};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn content() -> CardContent {
    CardContent {
        kind: CardKind::Chat,
        messages: vec![
            Message::text(Role::System, "Answer in {{language}}.\nBe short."),
            Message::text(Role::User, "{{question}}"),
        ],
        variables: vec![VariableDefinition {
            name: "language".into(),
            variable_type: VariableType::Text,
            required: false,
            default: Some("English".into()),
            description: "The language of the answer".into(),
            allowed_values: Vec::new(),
        }],
        parameters: ModelParameters {
            temperature: Some(0.2),
            num_predict: Some(200),
            ..ModelParameters::default()
        },
        output_schema: Some(json!({"type": "object"})),
        includes: Vec::new(),
    }
}

fn case() -> CaseContent {
    CaseContent {
        description: "the capital of France".into(),
        variables: json!({"question": "What is the capital of France?"})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        assertions: vec![
            Assertion::of("contains").with_value("Paris"),
            Assertion {
                weight: 2.0,
                metric: Some("short".into()),
                ..Assertion::of("not-icontains").with_value("sorry")
            },
        ],
        threshold: Some(0.5),
        expected_output: Some("Paris".into()),
        tags: vec!["geography".into()],
    }
}

fn document() -> Document {
    let second = CardContent { messages: vec![Message::text(Role::User, "yes")], ..content() };
    Document {
        cards: vec![Card {
            slug: "capital".into(),
            title: "Capitals: of the world".into(),
            folder: "geo".into(),
            tags: vec!["demo".into()],
            suite: Some("capitals".into()),
            labels: BTreeMap::from([("production".into(), 1), ("staging".into(), 2)]),
            versions: vec![
                Version { version: 1, message: "first".into(), content: content().into() },
                Version { version: 2, message: String::new(), content: second.into() },
            ],
            draft: Some(CardContent::text("a\n  indented\n\n").into()),
            ..Card::default()
        }],
        suites: vec![Suite {
            key: "capitals".into(),
            name: "Capitals".into(),
            cases: vec![case(), CaseContent::default()],
        }],
    }
}

#[test]
fn a_file_is_read_by_a_person() {
    let text = write(&document()).unwrap();
    insta::assert_snapshot!(text);
    assert_eq!(read(&text).unwrap(), document());
}

#[test]
fn a_change_of_a_line_is_a_change_of_a_line() {
    let before = write(&document()).unwrap();
    let mut changed = document();
    changed.cards[0].versions[0].content.messages[0] =
        Message::text(Role::System, "Answer in {{language}}.\nBe very short.");
    let after = write(&changed).unwrap();
    let lines = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
    assert_eq!(lines.collect::<Vec<_>>().len(), 1);
    assert_eq!(before.lines().count(), after.lines().count());
}

#[test]
fn what_is_wrong_in_a_file_is_named() {
    let said =
        |text: &str| -> Vec<String> { read(text).unwrap_err().iter().map(ToString::to_string).collect() };
    assert!(said("a: [")[0].contains("cannot be read"));
    assert_eq!(said("- a\n"), ["the file does not hold a map"]);
    assert_eq!(said("cards: []\n"), ["the file has no `promptcards: 1`: it is no file of cards"]);
    assert_eq!(
        said("promptcards: 2\n")[0],
        "promptcards: is 2, and this program reads 1. A newer program wrote the file"
    );
    assert!(
        said("promptcards: 1\ncards: [{slug: a, title: b, nonsense: 1}]\n")[0]
            .starts_with("cards[0].nonsense: unknown field")
    );
    let many = "
promptcards: 1
suites: [{key: s, name: S, cases: [{tags: ['']}]}, {key: s, name: T}]
cards:
  - slug: a
    title: A
    suite: none
    labels: {production: 3}
    versions:
      - {version: 2, content: {kind: text, messages: [{user: x}, {user: y}]}}
  - {slug: a, title: B}
";
    assert_eq!(
        said(many),
        [
            "suites[1].key: `s` is there twice",
            "cards[1].slug: `a` is there twice",
            "suites[0].cases[0].tags[0]: length is lower than 1",
            "cards[0].suite: `none` is the key of no suite in this file",
            "cards[0].versions[0].version: is 2, and 1 comes here",
            "cards[0].versions[0].content.messages: a text card has exactly one message, of the role user",
            "cards[0].labels.production: there is no version 3",
        ]
    );
    assert!(said("promptcards: 1\ncards: [{slug: a, title: b, versions: [{version: 1, content: {kind: text, messages: [{user: []}]}}]}]\n")[0].contains("needs a text"));
}

fn any_text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "yes",
        "No",
        "null",
        "~",
        "1",
        "0x1F",
        "1e3",
        ".inf",
        "2024-01-01",
        "- a",
        "a: b",
        "# c",
        "<<",
        "|",
        "'\"",
        "\ta",
        "a\n b\n\n",
        "\n\na",
        " a\n  b",
        "a \nb\t\n",
        "a\r\nb",
        "\u{85}\u{2028}x",
        "\u{feff}a",
        "\u{7f}\u{1b}",
        "*a",
        "&a",
        "!t",
        "%y",
        "@x",
        "---",
        "...",
        "a\n---\nb",
        "{{x}}",
        "{a: 1}",
        "?",
        "? a",
        ":",
        "=",
        "0o7",
        "+1",
        "-",
    ]);
    prop_oneof![nasty.prop_map(str::to_owned), "[a-z \n\t:#'\"-]{0,30}", "\\PC{0,20}", any::<String>()]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any_text(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn any_map() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(any_text(), any_value(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn any_assertion() -> impl Strategy<Value = Assertion> {
    let parts = (
        "[a-z-]{1,12}",
        prop::option::of(any_value()),
        prop::option::of(-10.0..10.0_f64),
        0.0..5.0_f64,
        any_map(),
    );
    parts.prop_map(|(assertion_type, value, threshold, weight, config)| Assertion {
        // Null is like absence, in a request too.
        value: value.filter(|value| !value.is_null()),
        threshold,
        weight,
        config,
        ..Assertion::of(assertion_type)
    })
}

fn any_case() -> impl Strategy<Value = CaseContent> {
    let assertions = prop::collection::vec(any_assertion(), 0..3);
    let parts =
        (any_text(), any_map(), assertions, prop::option::of(0.0..1.0_f64), prop::option::of(any_text()));
    parts.prop_map(|(description, variables, assertions, threshold, expected_output)| CaseContent {
        description,
        variables,
        assertions,
        threshold,
        expected_output,
        tags: vec!["a tag".into()],
    })
}

fn any_content() -> impl Strategy<Value = CardContent> {
    let role = prop::sample::select(vec![Role::System, Role::User, Role::Assistant]);
    let message = (role, prop::collection::vec(any_text(), 1..3)).prop_map(|(role, texts)| Message {
        role,
        content: texts.into_iter().map(|text| Part { part_type: PartType::Text, text }).collect(),
    });
    let messages = prop::collection::vec(message, 1..4);
    (messages, any_map(), prop::option::of(any_value())).prop_map(|(messages, options, schema)| CardContent {
        kind: CardKind::Chat,
        messages,
        variables: Vec::new(),
        parameters: ModelParameters { options, stop: vec!["\n".into()], ..ModelParameters::default() },
        output_schema: schema.filter(|schema| !schema.is_null()),
        includes: Vec::new(),
    })
}

proptest! {
    #[test]
    fn importing_an_export_is_the_identity(
        contents in prop::collection::vec(any_content(), 0..3),
        cases in prop::collection::vec(any_case(), 0..3),
        texts in prop::collection::vec(any_text(), 4),
    ) {
        let versions = (1..).zip(contents).map(|(version, content)| Version { version, message: texts[0].clone(), content: content.into() });
        let document = Document {
            cards: vec![Card {
                slug: "a".into(),
                title: texts[1].clone(),
                description: texts[2].clone(),
                tags: texts.clone(),
                suite: Some(texts[3].clone()),
                versions: versions.collect(),
                ..Card::default()
            }],
            suites: vec![Suite { key: texts[3].clone(), name: texts[1].clone(), cases }],
        };
        let text = write(&document).unwrap();
        prop_assert_eq!(read(&text).map_err(|problems| format!("{problems:?}\n{text}")), Ok(document));
    }

    #[test]
    fn a_file_of_anything_is_read_or_refused(text in any_text(), value in any_value()) {
        let _ = read(&text);
        let _ = read(&format!("promptcards: 1\ncards: {value}\n"));
    }
}

#[test]
fn promptfoo_sends_what_the_card_sends() {
    let document = document();
    let (card, suite) = (&document.cards[0], &document.suites[0]);
    let exported =
        to_promptfoo(card, &card.versions[0], Some(suite), &["ollama:chat:m".into(), "echo".into()]).unwrap();
    assert_eq!(
        exported.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["output_schema: is left out: promptfoo keeps no schema with a prompt"]
    );
    insta::assert_snapshot!(exported.config);

    let files: InMemoryFiles =
        [("c.yaml", exported.config.replace("echo", "ollama:chat:n"))].into_iter().collect();
    let environment = BTreeMap::new();
    let input =
        Input { files: &files, config: Some("c.yaml"), environment: &environment, flags: Flags::default() };
    let evaluation = promptfoo::read(input).unwrap();
    let cell = evaluation.cells().unwrap()[0];
    let rendered = evaluation.renderer().render(&cell).unwrap();
    let mut variables = suite.cases[0].variables.clone();
    variables.insert("language".into(), "English".into());
    let own = PromptTemplate::compile(&content(), &Includes::default()).unwrap().render(&variables).unwrap();
    assert_eq!(rendered.messages().unwrap(), own);
    assert_eq!(evaluation.tests[0].assertions.len(), 2);
}

#[test]
fn what_does_not_map_to_promptfoo_is_named() {
    let mut hard = CardContent::text("See a/b: {{ items | tojson }} {{items}}");
    hard.variables = vec![VariableDefinition {
        name: "items".into(),
        variable_type: VariableType::List,
        required: true,
        default: None,
        description: String::new(),
        allowed_values: Vec::new(),
    }];
    hard.parameters.top_k = Some(3);
    let variables = json!({"items": ["a", "b"], "t": "{{x}}", "f": "file://x", "n": "a\n"});
    let case = CaseContent {
        variables: variables.as_object().cloned().unwrap_or_default(),
        assertions: vec![Assertion::of("number").with_value(42), Assertion::of("contains")],
        expected_output: Some("{{braces}}".into()),
        ..CaseContent::default()
    };
    let card = Card { slug: "hard".into(), title: "Hard".into(), ..Card::default() };
    let version = Version { version: 3, message: String::new(), content: hard.into() };
    let suite = Suite { key: "s".into(), name: "S".into(), cases: vec![case] };
    let exported = to_promptfoo(&card, &version, Some(&suite), &["openai:chat:m".into()]).unwrap();
    let said: Vec<_> = exported.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "messages[0]: uses the filter `tojson`, which Nunjucks does not have",
            "parameters.top_k: is left out: the protocol of OpenAI has nothing like it",
            "cases[0].variables.t: holds a tag, which promptfoo renders",
            "cases[0].variables.f: begins like the name of a file, which promptfoo reads",
            "cases[0].variables.n: ends with a line end, which promptfoo takes off",
            "cases[0].assertions[0].type: number is left out: promptfoo does not have it",
            "messages[0]: prints a list or an object as JSON; promptfoo does not. Write `| dump`",
        ]
    );
    insta::assert_snapshot!(exported.config);
}
