//! Any cards, out and in again: nothing is lost, and the file stays the same.

use std::collections::BTreeMap;

use domain::card::{CardContent, ModelParameters};
use domain::test_case::{Assertion, CaseContent};
use formats::native::{self, Card, Document, Suite, Version};
use proptest::prelude::*;
use serde_json::Value;

use crate::running::Running;

fn any_text() -> impl Strategy<Value = String> {
    let nasty = [
        "",
        " ",
        "\n",
        "yes",
        "null",
        "1",
        "- a",
        "a: b",
        "# c",
        "'\"",
        "a\n b\n\n",
        " a\n  b",
        "a\r\nb",
        "\u{feff}a",
        "---",
        "ä😀",
    ];
    let nasty = prop::sample::select(nasty.to_vec()).prop_map(str::to_owned);
    // No tag, which would have to be a sound one, and no U+0000.
    prop_oneof![nasty, "[a-z \n\t:#'\"-]{0,30}", "\\PC{0,20}".prop_map(|text| text.replace('{', "("))]
}

fn any_case() -> impl Strategy<Value = CaseContent> {
    let variables = prop::collection::btree_map("[a-z]{1,5}", any_text(), 0..4);
    (any_text(), variables, prop::option::of(any_text()), prop::option::of(0.0..1.0_f64)).prop_map(
        |(description, variables, expected_output, threshold)| CaseContent {
            description,
            variables: variables.into_iter().map(|(name, value)| (name, Value::from(value))).collect(),
            assertions: vec![Assertion::of("contains").with_value("x")],
            threshold,
            expected_output,
            tags: Vec::new(),
        },
    )
}

/// A card of this number, which may include those before it.
fn any_card(number: usize) -> impl Strategy<Value = Card> {
    let content = (any_text(), prop::option::of(0..number.max(1)), prop::option::of(0.0..2.0_f64)).prop_map(
        move |(text, included, temperature)| {
            let tag = included.filter(|_| number > 0);
            let tag = tag.map(|card| format!("{{% include \"card:card-{card}@live\" %}}"));
            CardContent {
                parameters: ModelParameters { temperature, ..ModelParameters::default() },
                ..CardContent::text(tag.unwrap_or_default() + &text)
            }
        },
    );
    let contents = prop::collection::vec(content, 1..4);
    (
        contents,
        any_text(),
        any_text(),
        prop::collection::btree_set("[a-zä]{1,6}", 0..3),
        0..2_usize,
        any::<bool>(),
    )
        .prop_map(move |(contents, title, message, tags, suite, archived)| Card {
            slug: format!("card-{number}"),
            title: format!("T{title}"),
            description: message.clone(),
            tags: tags.into_iter().collect(),
            archived,
            suite: Some(format!("suite-{suite}")),
            labels: BTreeMap::from([("live".into(), 1)]),
            versions: (1..)
                .zip(contents)
                .map(|(version, content)| Version {
                    version,
                    message: message.clone(),
                    content: content.into(),
                })
                .collect(),
            ..Card::default()
        })
}

fn any_document() -> impl Strategy<Value = Document> {
    let cards = (any_card(0), any_card(1), any_card(2));
    (cards, prop::collection::vec(any_case(), 0..4), any_text()).prop_map(|((a, b, c), cases, name)| {
        let cards = vec![a, b, c];
        let used = |key: &String| cards.iter().any(|card| card.suite.as_ref() == Some(key));
        let suites = (0..2).map(|suite| format!("suite-{suite}")).filter(used).map(|key| Suite {
            name: format!("{key}{name}"),
            key,
            cases: cases.clone(),
        });
        let suites = suites.collect();
        Document { cards, suites }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn an_export_imported_into_an_empty_server_is_exported_as_the_same_bytes(document in any_document()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (first, second) = runtime.block_on(async {
            let (one, other) = (Running::start().await, Running::start().await);
            one.imported(&native::write(&document).unwrap(), false).await;
            let first = one.export("").await;
            other.imported(&first, false).await;
            (first, other.export("").await)
        });
        prop_assert_eq!(&first, &second);
        let exported = native::read(&first).unwrap();
        for (card, wanted) in exported.cards.iter().zip(&document.cards) {
            let texts = |card: &Card| card.versions.iter().map(|it| (it.message.clone(), it.content.messages.clone(), it.content.parameters.clone())).collect::<Vec<_>>();
            prop_assert_eq!(texts(card), texts(wanted));
            prop_assert_eq!((&card.title, &card.tags, &card.labels, card.archived), (&wanted.title, &wanted.tags, &wanted.labels, wanted.archived));
        }
        prop_assert_eq!(exported.suites.len(), document.suites.len());
        prop_assert_eq!(&exported.suites[0].cases, &document.suites[0].cases);
    }
}
