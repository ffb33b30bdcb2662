//! Two hundred calls: every resource, good and bad, in an order in which each finds what it needs.

use serde_json::{Value, json};

use crate::databases::Talk;

/// An id that nothing has.
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

pub(crate) async fn converse(talk: &mut Talk) {
    cards(talk).await;
    searches(talk).await;
    versions(talk).await;
    labels(talk).await;
    let suite = cases(talk).await;
    let run = a_run(talk, &suite).await;
    what_is_in_it(talk, &run).await;
    a_run_that_is_stopped(talk).await;
    the_end_of_a_run(talk, &run).await;
    around_it(talk).await;
}

fn text(template: &str) -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": template }] }],
    })
}

fn run_of(slug: &str, provider: &str) -> Value {
    json!({
        "card_versions": [{ "slug": slug }],
        "models": [{ "provider": provider, "model": "simulated-large" }],
    })
}

async fn cards(talk: &mut Talk) {
    for (number, (title, tags, folder)) in [
        ("Café menu", json!(["food"]), "a/b"),
        ("Résumé", json!(["work"]), ""),
        ("naive Bayes", json!(["work", "food"]), "a"),
        ("ΟΔΟΣ ⓐⓑ", json!([]), "a-b"),
        ("ångström 💡", json!(["x", "Y"]), "a/bb"),
        ("Straße İı", json!(["é", "y"]), "z"),
    ]
    .into_iter()
    .enumerate()
    {
        let card = json!({
            "slug": format!("card-{number}"), "title": title, "tags": tags, "folder": folder,
            "description": "100% _of_ it's \"quoted\" \\ ;--", "content": text("Say {{ word }} to the naïve."),
        });
        talk.ask("POST cards", &[], card).await;
    }
    for wrong in [
        json!({ "slug": "card-1", "title": "Taken" }),
        json!({ "slug": "Not A Slug", "title": "" }),
        json!({ "slug": "nul", "title": "a\u{0}b" }),
        json!({ "slug": "tag", "title": "Tag", "tags": ["a,b", ""] }),
        json!({ "slug": "long", "title": "x".repeat(10_000) }),
        json!({ "slug": "folder", "title": "Folder", "folder": "A b" }),
        json!({ "slug": 7, "color": "red" }),
        json!([]),
    ] {
        talk.ask("POST cards", &[], wrong).await;
    }
    for broken in ["", "{", "{\"slug\": \"a\", \"slug\": \"b\"}", "null", "\"text\""] {
        talk.say("POST cards", broken).await;
    }
    for action in ["archive", "archive", "restore", "restore"] {
        talk.ask(&format!("POST cards/card-3/{action}"), &[], json!({})).await;
    }
    talk.ask("POST cards/card-5/archive", &[], json!({})).await;
    talk.ask("POST cards/card-2/duplicate", &[], json!({ "slug": "copy", "title": "Copy" })).await;
    talk.ask("POST cards/card-2/duplicate", &[], json!({ "slug": "copy", "title": "Copy" })).await;
    let change = json!({ "title": "Ångström's", "tags": ["y", "z"], "folder": "a/b/c" });
    talk.change("cards/card-4", "PATCH cards/card-4", change.clone()).await;
    talk.ask("PATCH cards/card-4", &[("if-match", "\"1\"")], change.clone()).await;
    talk.ask("PATCH cards/card-4", &[("if-match", "nonsense")], change.clone()).await;
    talk.ask("PATCH cards/card-4", &[], change).await;
    talk.change("cards/card-4", "PATCH cards/card-4", json!({ "slug": "card-1" })).await;
}

async fn searches(talk: &mut Talk) {
    for query in [
        "",
        "?limit=2",
        "?search=cafe",
        "?search=caf%C3%A9",
        "?search=resum",
        "?search=NAIVE",
        "?search=nothing",
        "?search=%22%27%26%21",
        "?search=%E2%93%90",
        "?search=%CE%BF%CE%B4%CE%BF%CF%83",
        "?search=strasse",
        "?search=stra%C3%9Fe&archived=true",
        "?search=istanbul",
        "?search=a*",
        "?search=a%00b",
        "?tag=work",
        "?tag=Y",
        "?tag=y",
        "?tag=none",
        "?folder=a",
        "?folder=a%2Fb",
        "?folder=a%2F",
        "?folder=A",
        "?label=x",
        "?label=",
        "?archived=true",
        "?archived=maybe",
        "?search=naive&tag=work&folder=a",
        "?limit=0",
        "?limit=1000000",
        "?cursor=nonsense",
        "?color=red",
    ] {
        talk.get(&format!("cards{query}")).await;
    }
    let mut path = "cards?limit=2".to_owned();
    for _ in 0..3 {
        let page = talk.get(&path).await;
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("cards?limit=2&cursor={cursor}");
    }
    for path in
        ["cards/card-0", "cards/card-9", "cards/card-0/draft", "cards/facets", "cards/%00", "cards/CARD-0"]
    {
        talk.get(path).await;
    }
}

async fn versions(talk: &mut Talk) {
    let draft = "cards/card-0/draft";
    for message in ["first", "the same again"] {
        talk.change(draft, "POST cards/card-0/versions", json!({ "message": message })).await;
    }
    for template in
        ["Say {{ word }} twice.", "{{ broken", "Say {% include \"card:card-0@production\" %}", "💡 \u{301}"]
    {
        talk.change(draft, "PUT cards/card-0/draft", json!({ "content": text(template) })).await;
        talk.change(draft, "POST cards/card-0/versions", json!({ "message": template })).await;
    }
    talk.ask("PUT cards/card-0/draft", &[("if-match", "\"1\"")], json!({ "content": text("Lost.") })).await;
    talk.ask("PUT cards/card-0/draft", &[], json!({ "content": text("Lost.") })).await;
    talk.change(draft, "PUT cards/card-0/draft", json!({ "content": text("nul \u{0}") })).await;
    talk.change(draft, "PUT cards/card-0/draft", json!({ "content": { "kind": "none" } })).await;
    for path in ["", "?limit=1", "/1", "/2", "/9", "/0", "/x", "/99999999999999999999"] {
        talk.get(&format!("cards/card-0/versions{path}")).await;
    }
}

async fn labels(talk: &mut Talk) {
    for version in [json!(1), json!(2), json!(1), json!(7), json!(-1), json!("1")] {
        talk.ask("PUT cards/card-0/labels/production", &[], json!({ "version": version })).await;
    }
    talk.ask("PUT cards/card-0/labels/staging", &[], json!({ "version": 2 })).await;
    talk.ask("PUT cards/card-0/labels/Not%20a%20Label", &[], json!({ "version": 1 })).await;
    for path in
        ["", "/production", "/none", "/production/history", "/production/history?limit=1", "/none/history"]
    {
        talk.get(&format!("cards/card-0/labels{path}")).await;
    }
    talk.get("cards?label=production").await;
    for _ in 0..2 {
        talk.ask("DELETE cards/card-0/labels/staging", &[], Value::Null).await;
    }
    talk.get("cards/card-0/labels/staging/history").await;
    talk.get("cards?label=staging").await;
}

async fn cases(talk: &mut Talk) -> String {
    let card = talk
        .ask(
            "POST cards",
            &[],
            json!({ "slug": "echo", "title": "Echo", "content": text("Say {{ word }}.") }),
        )
        .await;
    talk.change("cards/echo/draft", "POST cards/echo/versions", json!({ "message": "" })).await;
    let suite = card["suite_id"].as_str().unwrap().to_owned();
    let items: Vec<Value> = (0..7)
        .map(|number| {
            json!({
                "description": format!("case {number}"), "variables": { "word": format!("ä{number}") },
                "assertions": [{ "type": if number % 2 == 0 { "icontains" } else { "not-icontains" }, "value": "say" }],
            })
        })
        .collect();
    talk.ask(&format!("POST suites/{suite}/cases/import"), &[], json!({ "items": items })).await;
    talk.ask(&format!("POST suites/{suite}/cases/import"), &[], json!({ "items": [{ "variables": 7 }] }))
        .await;
    for path in [suite.as_str(), NOBODY, "nonsense"] {
        for below in ["", "/cases", "/cases?limit=3"] {
            talk.get(&format!("suites/{path}{below}")).await;
        }
    }
    talk.get("suites?limit=2").await;
    let of_suite = format!("suites/{suite}");
    talk.change(&of_suite, &format!("PATCH {of_suite}"), json!({ "name": "Renamed 💡" })).await;
    talk.ask(&format!("PATCH {of_suite}"), &[("if-match", "\"1\"")], json!({ "name": "Lost" })).await;
    let cases = talk.get(&format!("{of_suite}/cases?limit=1")).await;
    let case = format!("{of_suite}/cases/{}", cases["items"][0]["id"].as_str().unwrap());
    let asked =
        json!({ "variables": { "word": "one" }, "assertions": [{ "type": "contains", "value": "o" }] });
    talk.change(&case, &format!("PUT {case}"), asked.clone()).await;
    talk.ask(&format!("PUT {case}"), &[("if-match", "\"1\"")], asked.clone()).await;
    talk.ask(&format!("PUT {case}"), &[], asked).await;
    talk.change(&case, &format!("DELETE {case}"), Value::Null).await;
    talk.get(&case).await;
    for _ in 0..2 {
        talk.ask(&format!("POST {case}/restore"), &[], Value::Null).await;
    }
    talk.get(&format!("{of_suite}/cases")).await;
    suite
}

async fn a_run(talk: &mut Talk, suite: &str) -> Value {
    talk.ask("POST runs/estimate", &[], run_of("echo", "simulated")).await;
    for wrong in
        [run_of("nothing", "simulated"), run_of("echo", "nothing"), run_of("card-1", "simulated"), json!({})]
    {
        talk.ask("POST runs", &[("idempotency-key", "once")], wrong).await;
    }
    let mut request = run_of("echo", "simulated");
    request["repeats"] = json!(2);
    let run = talk.ask("POST runs", &[("idempotency-key", "once")], request.clone()).await;
    talk.watch(&run, "run_finished").await;
    talk.follow(&run, 0, "run_finished").await;
    talk.follow(&run, 5, "run_finished").await;
    talk.ask("POST runs", &[("idempotency-key", "once")], request.clone()).await;
    talk.ask("POST runs", &[("idempotency-key", "once")], run_of("echo", "simulated")).await;
    let of_suite = format!("suites/{suite}");
    talk.get(&of_suite).await;
    run
}

async fn what_is_in_it(talk: &mut Talk, run: &Value) {
    let id = run["id"].as_str().unwrap();
    for path in [
        "",
        "/cells",
        "/cells?limit=2",
        "/cells?verdict=pass",
        "/cells?verdict=fail",
        "/cells?verdict=none",
        "/cells?row_from=0&row_to=3",
        "/cells?row_from=3&row_to=0",
        "/cells/0",
        "/cells/13",
        "/cells/14",
        "/cells/-1",
        "/cells/x",
        "/cases?from=1&to=4",
        "/cases?from=4&to=1",
        "/rows",
        "/rows?filter=pass",
        "/rows?filter=unjudged",
        "/rows?filter=different",
        "/rows?filter=none",
        "/rows?search=CASE%203",
        "/rows?search=%C3%A42",
    ] {
        talk.get(&format!("runs/{id}{path}")).await;
    }
    for path in ["runs/nonsense".to_owned(), format!("runs/{NOBODY}"), format!("runs/{NOBODY}/events")] {
        talk.get(&path).await;
    }
    for query in [
        "",
        "?limit=1",
        "?state=finished",
        "?state=paused",
        "?state=removing",
        "?state=sleeping",
        "?card=echo",
        "?card=card-1",
        "?card=none",
        "?card=echo&state=finished",
    ] {
        talk.get(&format!("runs{query}")).await;
    }
    talk.get("cards/echo").await;
}

async fn a_run_that_is_stopped(talk: &mut Talk) {
    let run = talk.ask("POST runs", &[], run_of("echo", "slow")).await;
    talk.watch(&run, "run_started").await;
    let id = run["id"].as_str().unwrap();
    for action in ["pause", "pause", "resume", "resume"] {
        talk.ask(&format!("POST runs/{id}/{action}"), &[], json!({})).await;
    }
    talk.ask("POST runs", &[], run_of("echo", "slow")).await;
    talk.ask(&format!("DELETE runs/{id}"), &[], Value::Null).await;
    for action in ["cancel", "cancel", "resume", "retry-errors"] {
        talk.ask(&format!("POST runs/{id}/{action}"), &[], json!({})).await;
    }
    for path in ["", "/cells", "/rows"] {
        talk.get(&format!("runs/{id}{path}")).await;
    }
    talk.follow(&run, 0, "run_cancelled").await;
    talk.get("runs?state=cancelled").await;
    talk.ask(&format!("DELETE runs/{id}"), &[], Value::Null).await;
    talk.get("runs?state=cancelled").await;
}

async fn the_end_of_a_run(talk: &mut Talk, run: &Value) {
    let id = run["id"].as_str().unwrap();
    for action in ["pause", "resume", "cancel", "retry-errors"] {
        talk.ask(&format!("POST runs/{id}/{action}"), &[], json!({})).await;
    }
    talk.ask(&format!("PUT runs/{id}/keep"), &[], json!({})).await;
    talk.ask(&format!("DELETE runs/{id}"), &[], Value::Null).await;
    talk.ask(&format!("DELETE runs/{id}/keep"), &[], Value::Null).await;
    for _ in 0..2 {
        talk.ask(&format!("DELETE runs/{id}"), &[], Value::Null).await;
    }
    talk.get(&format!("runs/{id}")).await;
    talk.get("runs").await;
    talk.get("cards/echo").await;
}

async fn around_it(talk: &mut Talk) {
    for path in [
        "providers",
        "providers/simulated/models",
        "providers/none/models",
        "/api/v1/assertion-types",
        "/livez",
        "/readyz",
        "/api/v1/nothing",
        "/api/v1/workspaces/other/cards",
    ] {
        talk.get(path).await;
    }
    talk.ask("DELETE cards", &[], Value::Null).await;
    let tried = json!({ "output": "yes", "assertions": [{ "type": "contains", "value": "e" }] });
    talk.ask("POST assertions/try", &[], tried).await;
    talk.ask("POST cards/card-0/render", &[], json!({ "variables": { "word": "one" } })).await;
    talk.ask("POST templates/preview", &[], json!({ "content": text("{{ a }} {{ b") })).await;
    for _ in 0..2 {
        talk.ask("POST samples", &[], Value::Null).await;
    }
    talk.get("cards?limit=200").await;
    talk.get("suites?limit=200").await;
    talk.get("cards/facets").await;
}
