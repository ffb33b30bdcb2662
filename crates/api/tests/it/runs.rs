//! Runs from outside: estimated, started, controlled, read.

use serde_json::{Value, json};

use crate::running::{NOBODY, Running, W, run_of, text};
use crate::stream::Events;

/// Starts a run and waits for its end.
async fn finished(server: &Running, request: &Value) -> Value {
    let run = server.done("POST /runs", request).await;
    let path = format!("/runs/{}", run["id"].as_str().unwrap());
    let mut events = Events::open(server, &format!("{W}{path}/events?after=0"), &[], None).await;
    events.until("run_finished").await;
    server.read(&path).await
}

#[tokio::test]
async fn a_run_is_estimated_started_and_read_cell_by_cell() {
    let server = Running::start().await;
    let suite = server.card_with_cases("card", 2).await;
    let asserted = json!({ "variables": { "word": "zebra" }, "tags": ["asserted"],
        "assertions": [{ "type": "contains", "value": "no model says this" }] });
    server.done(&format!("POST /suites/{suite}/cases"), &asserted).await;
    let mut request = run_of("card");
    request["repeats"] = json!(2);

    let estimate = server.done("POST /runs/estimate", &request).await;
    assert_eq!((&estimate["cells"], &estimate["cases"]), (&json!(6), &json!(3)));
    assert_eq!((&estimate["seconds"], &estimate["running"]), (&Value::Null, &Value::Null));

    let run = finished(&server, &request).await;
    assert_eq!((&run["state"], &run["simulated"]), (&json!("finished"), &json!(true)));
    assert_eq!((&run["counts"]["unjudged"], &run["counts"]["fail"]), (&json!(4), &json!(2)));
    assert_eq!(run["columns"][0]["counts"], run["counts"]);
    assert_eq!(run["cards"], json!([{ "slug": "card", "title": "The card card", "version": 1 }]));
    let path = format!("/runs/{}", run["id"].as_str().unwrap());

    let rows = async |query: &str| server.read(&format!("{path}/rows{query}")).await;
    assert_eq!(rows("").await, json!({ "rows": null, "total": 6, "matched": 6 }));
    assert_eq!(rows("?show=fail").await["rows"], json!([4, 5]));
    assert_eq!(rows("?show=fail&search=ZEBRA").await["matched"], 2);
    assert_eq!(rows("?search=case+1").await["rows"], json!([2, 3]));

    let window = server.read(&format!("{path}/cells?row_from=1&row_to=3")).await;
    let found: Vec<_> = window["items"].as_array().unwrap().iter().map(|cell| cell["row"].clone()).collect();
    assert_eq!(found, [1, 2]);
    let failed = server.walk(&format!("{path}/cells?verdict=fail"), 1).await;
    assert_eq!(failed.len(), 2);
    for (query, pointer) in [
        ("row_from=0&row_to=201", "/row_to"),
        ("row_from=0", "/row_to"),
        ("row_to=1", "/row_from"),
        ("row_from=0&row_to=1&verdict=fail", "/verdict"),
    ] {
        let wrong = server.call(&format!("GET {path}/cells?{query}"), &[], &Value::Null).await;
        assert_eq!((wrong.status, wrong.pointer().as_str()), (422, pointer), "{query}");
    }
    let cases = server.read(&format!("{path}/cases?from=1&to=9")).await;
    assert_eq!(cases["items"][1]["variables"], json!({ "word": "zebra" }));

    let cell = server.read(&format!("{path}/cells/{}", failed[0]["position"])).await;
    assert_eq!(cell["summary"], failed[0]);
    assert_eq!(cell["case"]["tags"], json!(["asserted"]));
    assert_eq!(cell["result"]["prompt"][0]["content"][0]["text"], "Say zebra.");
    assert_eq!(cell["outcomes"][0]["verdict"], "fail");
    assert_eq!(cell["attempts"].as_array().unwrap().len(), 1);
    let missing = server.call(&format!("GET {path}/cells/6"), &[], &Value::Null).await;
    assert_eq!(missing.code(), "not_found");
    assert_eq!(server.read("/cards/card").await["last_rate"]["run_id"], run["id"]);
    let again = server.done("POST /runs/estimate", &request).await;
    assert!(again["seconds"].is_number(), "it is known how long they take");
}

#[tokio::test]
async fn a_version_is_run_over_another_suite_if_its_cases_fit() {
    let server = Running::start().await;
    server.card_with_cases("card", 1).await;
    server.draft("other", "What is {{ word }}? {{ hint | default('') }}").await;
    server.save("other").await;
    let suite = server.card_with_cases("smoke", 2).await;
    let mut request = run_of("card");
    request["suite_id"] = json!(suite);
    request["card_versions"] = json!([{ "slug": "card" }, { "slug": "other" }]);
    let run = finished(&server, &request).await;
    assert_eq!((&run["suite_id"], &run["counts"]["unjudged"]), (&json!(suite), &json!(4)));

    request["suite_id"] = json!(NOBODY);
    let refused = server.call("POST /runs", &[], &request).await;
    assert_eq!((refused.code().as_str(), refused.pointer().as_str()), ("invalid", "/suite_id"));
    request.as_object_mut().unwrap().remove("suite_id");
    let refused = server.call("POST /runs", &[], &request).await;
    assert_eq!(refused.pointer(), "/card_versions/1");
    assert!(refused.text().contains("over a suite that is named"), "{}", refused.text());

    request["suite_id"] = json!(suite);
    let typed = json!({ "slug": "typed", "title": "Typed", "content": {
        "kind": "text", "messages": text("{{ word }} {{ place }}")["messages"],
        "variables": [{ "name": "place", "type": "text", "required": true }],
    } });
    server.done("POST /cards", &typed).await;
    server.save("typed").await;
    server.save_as("other", "What is {{ word }} in {{ year }}?").await;
    request["card_versions"] = json!([{ "slug": "card" }, { "slug": "other" }, { "slug": "typed" }]);
    let refused = server.call("POST /runs", &[], &request).await.json();
    let said: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|it| it["detail"].as_str().unwrap()).collect();
    let wanted = [
        "2 of 2 cases do not fit other v2: `year` is missing. The card needs it.",
        "2 of 2 cases do not fit typed v1: `place` is missing. The card needs it.",
    ];
    assert_eq!(said, wanted);
}

#[tokio::test]
async fn results_come_row_by_row_with_cases_answers_and_why_there_is_none() {
    let server = Running::start().await;
    let new = json!({ "slug": "card", "title": "Card", "content": {
        "kind": "text", "messages": text("Say {{ word }}.")["messages"],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    } });
    let suite = server.done("POST /cards", &new).await["suite_id"].as_str().unwrap().to_owned();
    server.save("card").await;
    let items = json!({ "items": [
        { "variables": { "word": "x" }, "assertions": [{ "type": "contains", "value": "no model says this" }] },
        { "variables": {} },
    ] });
    server.done(&format!("POST /suites/{suite}/cases/import"), &items).await;
    let models = ["simulated-large", "simulated-small"]
        .map(|model| json!({ "provider": "simulated", "model": model }));
    let request = json!({ "card_versions": [{ "slug": "card" }], "models": models, "repeats": 2 });
    let run = finished(&server, &request).await;
    let path = format!("/runs/{}", run["id"].as_str().unwrap());
    for limit in [1, 3, 8, 200] {
        let results = server.walk(&format!("{path}/results"), limit).await;
        let at = |cell: &Value| {
            (cell["summary"]["row"].as_i64().unwrap(), cell["summary"]["column"].as_i64().unwrap())
        };
        let places: Vec<_> = results.iter().map(at).collect();
        assert_eq!(places, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)]);
        let asked = &results[0];
        assert_eq!(asked["case"], items["items"][0]);
        assert_eq!(asked["outcomes"][0]["verdict"], "fail");
        let cell = server.read(&format!("{path}/cells/{}", asked["summary"]["position"])).await;
        assert_eq!((&cell["result"], &cell["summary"]), (&asked["result"], &asked["summary"]));
        assert_eq!(asked["error"], Value::Null);
        let not_asked = &results[4];
        assert_eq!(not_asked["summary"]["verdict"], "error");
        assert_eq!(not_asked["error"], "`word` is missing. The card needs it.");
    }
}

#[tokio::test]
async fn a_run_keeps_what_it_was_started_with() {
    let server = Running::start().await;
    let suite = server.card_with_cases("card", 1).await;
    let run = finished(&server, &run_of("card")).await;
    server.save_as("card", "Something else.").await;
    let case = server.read(&format!("/suites/{suite}/cases")).await["items"][0].clone();
    let path = format!("/suites/{suite}/cases/{}", case["id"].as_str().unwrap());
    let headers = [("if-match", case["etag"].as_str().unwrap())];
    server.call(&format!("DELETE {path}"), &headers, &Value::Null).await;
    let cell = server.read(&format!("/runs/{}/cells/0", run["id"].as_str().unwrap())).await;
    assert_eq!((&cell["card"]["version"], &cell["case"]["case_id"]), (&json!(1), &case["id"]));
}

#[tokio::test]
async fn a_run_is_started_once_while_the_same_is_running() {
    let server = Running::with_models(1, 3_600_000).await;
    server.card_with_cases("card", 3).await;
    let request = run_of("card");
    let start = async || server.call("POST /runs", &[], &request).await;
    let (a, b, c, d) = tokio::join!(start(), start(), start(), start());
    let answers = [a, b, c, d];
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 202]);
    let id = answers[0].json()["id"].clone();
    for answer in &answers {
        assert_eq!(answer.json()["id"], id);
        assert_eq!(answer.header("location"), Some(format!("{W}/runs/{}", id.as_str().unwrap()).as_str()));
    }
    assert_eq!(server.read("/runs").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(server.done("POST /runs/estimate", &request).await["running"]["id"], id);
    server.done(&format!("POST /runs/{}/cancel", id.as_str().unwrap()), &Value::Null).await;
    assert_eq!(start().await.status, 202, "what is cancelled is not running");
}

#[tokio::test]
async fn a_run_is_paused_resumed_and_cancelled() {
    let server = Running::with_models(1, 3_600_000).await;
    server.card_with_cases("card", 5).await;
    let run = server.done("POST /runs", &run_of("card")).await;
    let path = format!("/runs/{}", run["id"].as_str().unwrap());
    let act = async |action: &str| server.call(&format!("POST {path}/{action}"), &[], &Value::Null).await;
    assert_eq!(act("resume").await.code(), "wrong_state");
    assert_eq!(act("pause").await.json()["state"], "paused");
    assert_eq!(server.read("/runs?state=paused").await["items"][0]["id"], run["id"]);
    assert_eq!(act("pause").await.code(), "wrong_state");
    assert_eq!(act("resume").await.json()["state"], "running");
    assert_eq!(act("retry-errors").await.code(), "wrong_state");
    let cancelled = act("cancel").await.json();
    assert_eq!((&cancelled["state"], &cancelled["counts"]["open"]), (&json!("cancelled"), &json!(0)));
    assert_eq!(cancelled["counts"]["cancelled"], 5);
    for action in ["pause", "resume", "cancel", "retry-errors"] {
        let refused = act(action).await;
        assert_eq!((refused.status, refused.code()), (409, "wrong_state".to_owned()), "{action}");
    }
}

#[tokio::test]
async fn only_cells_with_an_error_are_asked_again() {
    let server = Running::start().await;
    let new = json!({ "slug": "strict", "title": "Strict", "content": {
        "kind": "text", "messages": text("Say {{ word }}.")["messages"],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    } });
    let suite = server.done("POST /cards", &new).await["suite_id"].as_str().unwrap().to_owned();
    server.save("strict").await;
    let items = json!({ "items": [{ "variables": { "word": "x" } }, { "variables": {} }] });
    server.done(&format!("POST /suites/{suite}/cases/import"), &items).await;
    let run = finished(&server, &run_of("strict")).await;
    assert_eq!((&run["counts"]["error"], &run["counts"]["unjudged"]), (&json!(1), &json!(1)));
    let path = format!("/runs/{}", run["id"].as_str().unwrap());
    assert_eq!(server.read(&format!("{path}/rows?show=error")).await["rows"], json!([1]));

    let after = run["event_number"].as_i64().unwrap();
    let events = format!("{W}{path}/events?after={after}");
    let mut events = Events::open(&server, &events, &[], None).await;
    server.done(&format!("POST {path}/retry-errors"), &Value::Null).await;
    let told = events.until("run_finished").await;
    let cells: Vec<_> = told.iter().filter(|event| event.name == "cell_finished").collect();
    assert_eq!(cells.len(), 1);
    assert_eq!(cells[0].data["cell"]["row"], 1);
    assert_eq!(server.read(&path).await["counts"], run["counts"]);
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_run_is_said_before_and_at_its_start() {
    let server = Running::start().await;
    server.card_with_cases("card", 1).await;
    server.card_with_cases("empty", 0).await;
    let with = |slug: &str, provider: &str, model: &str| json!({ "card_versions": [{ "slug": slug }], "models": [{ "provider": provider, "model": model }] });
    let mut filtered = run_of("card");
    filtered["case_filter"] = json!({ "case_ids": [NOBODY] });
    for (request, status, code) in [
        (with("card", "simulated", "no-such-model"), 422, "model_missing"),
        (with("card", "ollama", "llama3"), 503, "provider_unavailable"),
        (with("empty", "simulated", "simulated-large"), 422, "no_cases"),
        (filtered, 422, "no_cases"),
    ] {
        let estimate = server.done("POST /runs/estimate", &request).await;
        assert_eq!(estimate["problems"][0]["code"], code);
        let refused = server.call("POST /runs", &[], &request).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code));
        assert_eq!(refused.pointer(), estimate["problems"][0]["pointer"].as_str().unwrap());
    }
    assert_eq!(server.read("/runs").await["items"], json!([]));
}

#[tokio::test]
async fn a_run_has_at_most_a_hundred_thousand_cells() {
    let server = Running::with_models(1, 3_600_000).await;
    let suite = server.card_with_cases("card", 9_091).await;
    let mut request = run_of("card");
    request["repeats"] = json!(11);
    let estimate = server.done("POST /runs/estimate", &request).await;
    assert_eq!(
        (&estimate["cells"], &estimate["problems"][0]["code"]),
        (&json!(100_001), &json!("too_many_cells"))
    );
    assert_eq!(server.call("POST /runs", &[], &request).await.code(), "too_many_cells");
    let more: Vec<Value> = (9_091..10_000).map(|_| json!({})).collect();
    server.done(&format!("POST /suites/{suite}/cases/import"), &json!({ "items": more })).await;
    request["repeats"] = json!(10);
    let estimate = server.done("POST /runs/estimate", &request).await;
    assert_eq!((&estimate["cells"], &estimate["problems"]), (&json!(100_000), &json!([])));
}
