//! Cards as files: what is exported is imported whole, and what is wrong in a file leaves nothing behind.

mod round_trip;

use formats::native;
use serde_json::{Value, json};

use crate::raw::Answer;
use crate::running::{Running, text};

impl Running {
    pub(crate) async fn export(&self, query: &str) -> String {
        let answer = self.call(&format!("GET /export{query}"), &[], &Value::Null).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/yaml")));
        answer.text().to_owned()
    }

    pub(crate) async fn import(&self, files: &[&str], replace: bool) -> Answer {
        let files: Vec<Value> = files
            .iter()
            .enumerate()
            .map(|(index, text)| json!({ "name": format!("{index}.yaml"), "text": text }))
            .collect();
        self.call("POST /import", &[], &json!({ "files": files, "replace": replace })).await
    }

    pub(crate) async fn imported(&self, file: &str, replace: bool) -> Value {
        let answer = self.import(&[file], replace).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    async fn label(&self, slug: &str, label: &str, version: i64) {
        self.done(&format!("PUT /cards/{slug}/labels/{label}"), &json!({ "version": version })).await;
    }

    async fn case_ids(&self, slug: &str) -> Vec<Value> {
        let card = self.read(&format!("/cards/{slug}")).await;
        let suite = card["suite_id"].as_str().unwrap();
        let cases = self.read(&format!("/suites/{suite}/cases")).await;
        cases["items"].as_array().unwrap().iter().map(|case| case["id"].clone()).collect()
    }
}

/// What is said to be wrong, each thing in a line.
fn said(answer: &Answer) -> Vec<String> {
    let problem = answer.json();
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| error["detail"].as_str().unwrap().to_owned()).collect()
}

/// Two cards of which one includes the other, with two versions, labels, a draft and cases; the third is archived
/// and shares a suite.
async fn filled() -> Running {
    let server = Running::start().await;
    server.draft("style", "Be brief.").await;
    server.save("style").await;
    server.label("style", "production", 1).await;
    let suite = server.card_with_cases("summary", 2).await;
    server.save_as("summary", "{% include \"card:style@production\" %} Sum up {{ word }}.").await;
    server.save_as("style", "Be very brief.").await;
    server.label("style", "production", 2).await;
    server.label("summary", "production", 1).await;
    server.label("summary", "staging", 2).await;
    let draft = server.etag("/cards/summary/draft").await;
    let edit = json!({ "content": text("A draft of {{ word }}.") });
    server.call("PUT /cards/summary/draft", &[("if-match", &draft)], &edit).await;
    server.draft("old", "{{ word }}?").await;
    let etag = server.etag("/cards/old").await;
    let edit =
        json!({ "suite_id": suite, "folder": "a/b", "tags": ["z", "ä"], "description": "Old:\n- one" });
    assert_eq!(server.call("PATCH /cards/old", &[("if-match", &etag)], &edit).await.status, 200);
    server.done("POST /cards/old/archive", &json!({})).await;
    server
}

#[tokio::test]
async fn what_is_exported_is_imported_whole_and_exported_as_the_same_bytes() {
    let server = filled().await;
    let file = server.export("").await;
    let other = Running::start().await;
    let imported = other.imported(&file, false).await;
    assert_eq!(other.export("").await, file);
    let slugs: Vec<_> = imported["cards"].as_array().unwrap().iter().map(|card| &card["slug"]).collect();
    assert_eq!(slugs, ["old", "style", "summary"]);
    assert_eq!(imported["cards"][2]["versions"], json!([1, 2]));
    assert_eq!(imported["cards"][2]["labels"].as_array().unwrap().len(), 2);
    for path in ["/cards/summary/versions/2", "/cards/summary/labels/staging"] {
        let content =
            |read: Value| read.get("content").or(read.pointer("/version/content")).cloned().unwrap();
        assert_eq!(content(other.read(path).await), content(server.read(path).await), "{path}");
    }
    assert_eq!(other.read("/cards/summary/versions/2").await["content"]["includes"][0]["version"], 1);
    assert_eq!(other.read("/cards/summary").await["suite_id"], other.read("/cards/old").await["suite_id"]);
    assert_eq!(other.read("/cards/old").await["archived"], true);
    assert_eq!(other.read("/cards/summary").await["draft_changed"], true);
    assert_eq!(other.read("/cards/style").await["draft_changed"], false);
    let found = other.read("/cards?search=brief").await;
    assert_eq!(found["items"][0]["slug"], "style", "what was imported is found");
}

#[tokio::test]
async fn an_export_of_a_card_has_the_cards_that_it_includes() {
    let server = filled().await;
    let document = native::read(&server.export("?cards=summary").await).unwrap();
    let slugs: Vec<_> = document.cards.iter().map(|card| card.slug.as_str()).collect();
    assert_eq!(slugs, ["style", "summary"]);
    let missing = server.call("GET /export?cards=summary,nobody,none", &[], &Value::Null).await;
    assert_eq!(missing.code(), "not_found");
    assert!(missing.text().contains("`nobody` or `none`"), "{}", missing.text());
}

#[tokio::test]
async fn cards_that_are_there_are_left_alone() {
    let server = filled().await;
    let before = server.export("").await;
    let file = "promptcards: 1\ncards: [{slug: new, title: New}, {slug: style, title: Other}]\n";
    let refused = server.import(&[file], false).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "slug_taken"));
    assert!(refused.text().contains("a card `style`. Nothing was imported"), "{}", refused.text());
    assert_eq!(server.export("").await, before);
}

#[tokio::test]
async fn a_replaced_card_keeps_its_versions_and_gets_those_of_the_file() {
    let server = filled().await;
    let file = server.export("").await;
    server.save_as("style", "Be silent.").await;
    server.label("style", "production", 3).await;
    server.label("style", "tried", 3).await;

    let imported = server.imported(&file, true).await;
    let style = &imported["cards"][1];
    assert_eq!((&style["change"], &style["versions"]), (&json!("changed"), &json!([4])), "{style}");
    assert_eq!(style["labels"], json!([{ "name": "production", "version": 4 }]));
    assert_eq!(imported["cards"][2]["change"], "unchanged", "{imported}");
    let versions = server.read("/cards/style/versions").await;
    assert_eq!(versions["items"].as_array().unwrap().len(), 4);
    assert_eq!(server.read("/cards/style/labels/tried").await["version"]["number"], 3);
    let last = server.read("/cards/style/versions/4").await;
    assert_eq!(last["content"], server.read("/cards/style/versions/2").await["content"]);

    let again = server.imported(&file, true).await;
    let changes: Vec<_> = again["cards"].as_array().unwrap().iter().map(|card| &card["change"]).collect();
    assert_eq!(changes, ["unchanged"; 3]);
}

#[tokio::test]
async fn includes_follow_the_numbers_that_versions_get_here() {
    let server = Running::start().await;
    server.draft("style", "Something else.").await;
    server.save("style").await;
    let file = filled().await.export("").await;
    let imported = server.imported(&file, true).await;
    assert_eq!(imported["cards"][1]["versions"], json!([2, 3]));
    let pinned = &server.read("/cards/summary/versions/2").await["content"]["includes"][0]["version"];
    assert_eq!(pinned, 2, "v1 of the file is v2 here");
    let request = json!({ "version": 2, "variables": { "word": "it" } });
    let rendered = server.done("POST /cards/summary/render", &request).await;
    assert_eq!(rendered["messages"][0]["content"][0]["text"], "Be brief. Sum up it.");
}

#[tokio::test]
async fn cases_keep_their_identity() {
    let server = Running::start().await;
    let case = |word: &str, value: &str| {
        format!("{{variables: {{x: {word}}}, assertions: [{{type: contains, value: {value}}}]}}")
    };
    let file = |cases: &[String]| {
        format!(
            "promptcards: 1\ncards: [{{slug: a, title: A, suite: s}}]\nsuites: [{{key: s, name: S, cases: [{}]}}]\n",
            cases.join(", ")
        )
    };
    let first = [case("one", "a"), case("two", "b"), case("three", "c"), case("four", "d")];
    server.imported(&file(&first), false).await;
    let before = server.case_ids("a").await;

    let second = [case("zero", "z"), case("four", "d"), case("one", "other"), case("two", "b")];
    let imported = server.imported(&file(&second), true).await;
    assert_eq!(imported["cards"][0]["cases"], "changed");
    assert_eq!(imported["cards"][0]["case_count"], 4);
    let after = server.case_ids("a").await;
    assert_eq!(after[1..], [before[3].clone(), before[0].clone(), before[1].clone()]);
    assert!(!before.contains(&after[0]));
    let document = native::read(&server.export("").await).unwrap();
    assert_eq!(
        document,
        native::read(&file(&second).replace("suite: s", "suite: a").replace("key: s", "key: a"))
            .map(|mut wanted| {
                wanted.cards[0].draft.clone_from(&document.cards[0].draft);
                wanted
            })
            .unwrap()
    );

    server.imported(&file(&second[..2]), true).await;
    assert_eq!(server.case_ids("a").await, after[..2]);
}

#[tokio::test]
async fn a_suite_of_cards_that_the_file_does_not_name_stays_as_it_is() {
    let server = filled().await;
    let before = server.case_ids("old").await;
    let file = "promptcards: 1\ncards: [{slug: summary, title: S, suite: s}]\nsuites: [{key: s, name: Mine, cases: [{description: x}]}]\n";
    let imported = server.imported(file, true).await;
    assert_eq!(imported["cards"][0]["cases"], "created");
    assert_eq!(server.case_ids("old").await, before);
    assert_eq!(server.case_ids("summary").await.len(), 1);
    let again = server.imported(file, true).await;
    assert_eq!(again["cards"][0]["cases"], "unchanged");
}

#[tokio::test]
async fn a_draft_that_nobody_saved_is_kept() {
    let server = filled().await;
    let draft = server.read("/cards/summary/draft").await;
    let file = "promptcards: 1\ncards:\n- slug: summary\n  title: Summary\n  versions: [{version: 1, content: {kind: text, messages: [{user: New}]}}]\n";
    let imported = server.imported(file, true).await;
    assert_eq!(imported["cards"][0]["draft_kept"], true);
    assert_eq!(server.read("/cards/summary/draft").await["content"], draft["content"]);
    assert_eq!(imported["cards"][0]["versions"], json!([3]));
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_file_and_its_place_and_nothing_is_left_behind() {
    let server = Running::start().await;
    let good = "promptcards: 1\ncards: [{slug: a, title: A}]\n";
    let version =
        |text: &str| format!("{{version: 1, content: {{kind: text, messages: [{{user: '{text}'}}]}}}}");
    let card = |slug: &str, text: &str| {
        format!("{{slug: {slug}, title: T, labels: {{l: 1}}, versions: [{}]}}", version(text))
    };
    let cards = |cards: &[String]| format!("promptcards: 1\ncards: [{}]\n", cards.join(", "));
    for (bad, wanted) in [
        ("- a\n".to_owned(), "1.yaml: the file does not hold a map."),
        ("promptcards: 1\n".to_owned(), "1.yaml: cards: there is no card in this file."),
        (good.to_owned(), "1.yaml: cards[0].slug: `a` is in 0.yaml too."),
        (
            cards(&["{slug: Not a slug, title: T}".to_owned()]),
            "1.yaml: cards[0].slug: use lower case, digits and hyphens, for example grade-school.",
        ),
        (
            cards(&[format!("{{slug: b, title: T, labels: {{UP: 1}}, versions: [{}]}}", version("x"))]),
            "1.yaml: cards[0].labels: `UP` is no label: use lower case, digits and hyphens, such as production.",
        ),
        (
            format!("{}suites: [{{key: s, name: S}}]\n", cards(&["{slug: b, title: T}".to_owned()])),
            "1.yaml: suites[0]: no card of this file names the suite `s`.",
        ),
        (
            format!(
                "{}suites: [{{key: s, name: S, cases: [{{assertions: [{{type: contians, value: x}}]}}]}}]\n",
                cards(&["{slug: b, title: T, suite: s}".to_owned()])
            ),
            "1.yaml: suites[0].cases[0].assertions[0].type: ",
        ),
        (
            cards(&["{slug: b, title: \"a\\0b\"}".to_owned()]),
            "1.yaml: cards[0].title: holds the character U+0000, which cannot be stored.",
        ),
        (cards(&[card("b", "{{ x")]), "1.yaml: cards[0].versions[0].content.messages[0].content[0].text: "),
        (
            cards(&[card("b", "{% include \"card:nobody@production\" %}")]),
            "1.yaml: cards[0].versions[0].content.messages[0].content[0].text: ",
        ),
        (
            cards(&[card("b", "{% include \"card:c@l\" %}"), card("c", "{% include \"card:b@l\" %}")]),
            "1.yaml: cards[0].versions[0]: includes a card that includes it.",
        ),
    ] {
        let refused = server.import(&[good, &bad], false).await;
        assert_eq!(refused.code(), "invalid", "{bad}");
        let said = said(&refused);
        assert!(said[0].starts_with(wanted), "{bad}\n{said:#?}");
        assert_eq!(refused.pointer(), "/files/1/text", "{bad}");
        assert_eq!(server.read("/cards/facets").await["total"], 0, "{bad}");
    }
    assert_eq!(server.import(&[], false).await.pointer(), "/files");
    let large = format!("promptcards: 1\n# {}\n", "x".repeat(33 * 1024 * 1024));
    assert_eq!(server.import(&[&large], false).await.code(), "body_too_large");
}

#[tokio::test]
async fn an_import_with_a_key_is_done_once() {
    let server = Running::start().await;
    let body =
        json!({ "files": [{ "name": "a", "text": "promptcards: 1\ncards: [{slug: a, title: A}]\n" }] });
    let key = [("idempotency-key", "k")];
    let first = server.call("POST /import", &key, &body).await;
    let second = server.call("POST /import", &key, &body).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.json(), second.json());
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn a_download_is_saved_under_a_name_that_nobody_chose() {
    let server = Running::start().await;
    let hostile = "report.exe\"; filename*=UTF-8''..%2f..%2fevil.html\r\nx-evil: 1";
    let new = json!({ "slug": "card", "title": hostile, "content": text("a") });
    server.done("POST /cards", &new).await;
    for (path, name) in [
        ("/export", "cards.yaml"),
        ("/export?cards=card", "cards.yaml"),
        ("/api/v1/audit/export", "audit.jsonl"),
    ] {
        let answer = server.call(&format!("GET {path}"), &[], &Value::Null).await;
        let disposition = format!("attachment; filename=\"{name}\"");
        assert_eq!((answer.status, answer.header("content-disposition")), (200, Some(disposition.as_str())));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-evil"), None);
    }
}
