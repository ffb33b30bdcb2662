//! The response cache under attack: what makes two questions the same, and which answers are never taken.

use llm::ProviderKind;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use testkit::{Actor, TestServer};

use fake_ollama::{Change, Fault, Options};

use crate::cache::{run, start, taken, with_card};

/// Runs with these parameters on the command of the card's only case. Returns whether its answer was taken over.
async fn takes(server: &TestServer, parameters: Value) -> bool {
    let run = run(&server.actor, json!({ "parameters": parameters })).await;
    taken(&server.actor, &run).await == [true]
}

/// The ids of the cases of the card `words`, in their order.
async fn case_ids(actor: &Actor) -> Vec<Value> {
    let card = actor.get("W/cards/words").await.expect(200);
    let path = format!("W/suites/{}/cases", card["suite_id"].as_str().unwrap());
    let cases = actor.get(&path).await.expect(200);
    cases["items"].as_array().unwrap().iter().map(|case| case["id"].clone()).collect()
}

/// Saves the draft of the card `words` with another template as its next version.
async fn new_version(actor: &Actor, template: &str) {
    let draft = actor.get("W/cards/words/draft").await;
    let mut content = draft.body["content"].clone();
    content["messages"][0]["content"][0]["text"] = template.into();
    let edit = json!({ "content": content });
    let saved = actor.put("W/cards/words/draft", &draft.etag.unwrap(), &edit).await;
    assert!(saved.status.is_success(), "{:#}", saved.body);
    let etag = saved.etag.unwrap();
    let path = "W/cards/words/versions";
    actor.send(Method::POST, path, &[("if-match", &etag)], Some(&json!({}))).await.expect(201);
}

#[tokio::test]
async fn how_a_parameter_is_written_does_not_matter() {
    let server = with_card(1).await;
    let whole = json!({ "temperature": 1, "options": { "mirostat_tau": 5, "repeat_last_n": 64 } });
    assert!(!takes(&server, whole).await);
    let decimals = json!({ "options": { "repeat_last_n": 64.0, "mirostat_tau": 5.0 }, "temperature": 1.0 });
    assert!(takes(&server, decimals).await, "1 is 1.0, and the order of options is none");
    let kept = json!({
        "temperature": 1, "keep_alive": "10m", "options": { "mirostat_tau": 5, "repeat_last_n": 64 },
    });
    assert!(takes(&server, kept).await, "how long a model stays loaded changes no answer");
    let other = json!({ "temperature": 1, "options": { "mirostat_tau": 5.5, "repeat_last_n": 64 } });
    assert!(!takes(&server, other).await);
    let text = json!({ "temperature": 1, "options": { "mirostat_tau": "5", "repeat_last_n": 64 } });
    assert!(!takes(&server, text).await, "a text is no number");

    assert!(!takes(&server, json!({})).await);
    assert!(
        takes(&server, json!({ "seed": null, "temperature": null, "stop": [] })).await,
        "null is nothing"
    );
    assert!(!takes(&server, json!({ "seed": 0 })).await, "0 is a seed");
    assert!(!takes(&server, json!({ "seed": 1 })).await);
    server.stop().await;
}

#[tokio::test]
async fn versions_that_render_alike_share_answers_and_others_do_not() {
    let server = with_card(3).await;
    run(&server.actor, json!({})).await;
    new_version(&server.actor, "Say {{ word | trim }}.").await;
    let alike = run(&server.actor, json!({})).await;
    assert_eq!((taken(&server.actor, &alike).await, server.ollama.counters().calls), (vec![true; 3], 3));
    new_version(&server.actor, "Say {{ word }}!").await;
    let both = [json!({ "slug": "words", "version": 1 }), json!({ "slug": "words", "version": 3 })];
    let both = run(&server.actor, json!({ "card_versions": both })).await;
    let taken = taken(&server.actor, &both).await;
    assert_eq!(taken, [true, true, true, false, false, false]);
    server.stop().await;
}

#[tokio::test]
async fn another_model_under_the_same_name_is_asked() {
    let server = with_card(2).await;
    run(&server.actor, json!({})).await;
    let copy = json!({ "source": "qwen3:8b", "destination": "llama3.2:latest" });
    let copied =
        Client::new().post(format!("{}/api/copy", server.ollama.url())).json(&copy).send().await.unwrap();
    assert!(copied.status().is_success());
    // The list of models is kept for a moment; a server that starts reads it anew.
    let server = server.restart(|_| {}).await;
    let other = run(&server.actor, json!({})).await;
    assert_eq!(taken(&server.actor, &other).await, [false, false]);
    let again = run(&server.actor, json!({})).await;
    assert_eq!(taken(&server.actor, &again).await, [true, true]);
    server.stop().await;
}

#[tokio::test]
async fn providers_share_nothing_even_at_one_address() {
    let server = with_card(2).await;
    run(&server.actor, json!({})).await;
    let (url, models) = (server.ollama.url(), json!([{ "provider": "second", "model": "llama3.2:latest" }]));
    let server = server
        .restart(|config| {
            let mut second = llm::ProviderSettings::new("second", ProviderKind::Ollama);
            second.base_url = Some(url);
            config.providers.0.push(second);
        })
        .await;
    let second = run(&server.actor, json!({ "models": models })).await;
    assert_eq!(taken(&server.actor, &second).await, [false, false]);
    server.stop().await;
}

#[tokio::test]
async fn a_provider_that_points_elsewhere_is_asked() {
    let server = with_card(2).await;
    let moved = fake_ollama::FakeOllama::start(Options::default()).unwrap();
    run(&server.actor, json!({})).await;
    // The run waits while the settings change: its cells are answered by the other server.
    server.ollama.change(&Change { fault: Some(Fault::HangBefore), ..Change::default() });
    let waiting = start(&server.actor, json!({ "cache": false })).await;
    server.ollama.wait_until(|counters| counters.hanging > 0).await;
    let server = server
        .restart(|config| {
            for provider in &mut config.providers.0 {
                if provider.kind == ProviderKind::Ollama {
                    provider.base_url = Some(moved.url());
                }
            }
        })
        .await;
    let waiting = server.actor.finish(&waiting).await;
    assert_eq!((&waiting["counts"]["error"], moved.counters().calls), (&json!(0), 2));
    let elsewhere = run(&server.actor, json!({})).await;
    assert_eq!(taken(&server.actor, &elsewhere).await, [false, false], "not those of the first address");
    server.ollama.recover();
    let server = server.restart(|_| {}).await;
    let back = run(&server.actor, json!({})).await;
    assert_eq!(taken(&server.actor, &back).await, [false, false], "nor those that another server gave");
    server.stop().await;
}

#[tokio::test]
async fn a_run_at_work_offers_nothing() {
    let server = with_card(2).await;
    let cases = case_ids(&server.actor).await;
    server.ollama.fail_next(1, Fault::HangBefore);
    let first = start(&server.actor, json!({})).await;
    let mut events = server.actor.follow(&first, 0).await;
    let answered = loop {
        let event = events.next().await.unwrap();
        if event.name == "cell_finished" {
            break usize::try_from(event.data["cell"]["case_position"].as_i64().unwrap()).unwrap();
        }
    };
    let only = json!({ "case_filter": { "case_ids": [cases[answered]] } });
    let beside = run(&server.actor, only.clone()).await;
    assert_eq!(taken(&server.actor, &beside).await, [false], "the first run has the answer, and is at work");
    server.ollama.recover();
    server.actor.finish(&first).await;
    let after = run(&server.actor, only).await;
    assert_eq!(taken(&server.actor, &after).await, [true]);
    server.stop().await;
}

#[tokio::test]
async fn what_a_cancelled_run_was_answered_is_an_answer() {
    let server = with_card(2).await;
    server.ollama.fail_next(1, Fault::HangBefore);
    let first = start(&server.actor, json!({})).await;
    let mut events = server.actor.follow(&first, 0).await;
    while events.next().await.unwrap().name != "cell_finished" {}
    let id = first["id"].as_str().unwrap();
    server.actor.post(&format!("W/runs/{id}/cancel"), &json!({})).await.expect(200);
    server.actor.finish(&first).await;
    server.ollama.recover();
    let next = run(&server.actor, json!({})).await;
    let taken = taken(&server.actor, &next).await;
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
    server.stop().await;
}

#[tokio::test]
async fn what_could_not_be_judged_is_asked_again() {
    let server = with_card(2).await;
    server.ollama.change(&Change { context_length: Some(4), ..Change::default() });
    let invalid = run(&server.actor, json!({})).await;
    assert_eq!(invalid["counts"]["invalid"], 2, "{:#}", invalid["counts"]);
    server.ollama.change(&Change { context_length: Some(4096), ..Change::default() });
    let next = run(&server.actor, json!({})).await;
    assert_eq!(taken(&server.actor, &next).await, [false, false]);
    server.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_removed_before_it_is_used_is_asked_for() {
    let server = with_card(3).await;
    let server = server.restart(|config| {
        for provider in &mut config.providers.0 {
            provider.concurrency = Some(1);
        }
    });
    let server = server.await;
    let cases = case_ids(&server.actor).await;
    let last = json!({ "case_filter": { "case_ids": cases[1..] } });
    let first = run(&server.actor, last).await;
    // Its first cell hangs, and the two others wait, with the answers of the first run known to their run.
    server.ollama.fail_next(1, Fault::HangBefore);
    let second = start(&server.actor, json!({})).await;
    server.ollama.wait_until(|counters| counters.hanging == 1).await;
    server.actor.delete(&format!("W/runs/{}", first["id"].as_str().unwrap())).await.expect(204);
    server.ollama.recover();
    let second = server.actor.finish(&second).await;
    assert_eq!((&second["counts"]["pass"], taken(&server.actor, &second).await), (&json!(3), vec![false; 3]));
    server.stop().await;
}

#[tokio::test]
async fn two_questions_of_one_prompt_are_both_asked_and_then_share_the_first_answer() {
    let server = with_card(1).await;
    let card = server.actor.get("W/cards/words").await.expect(200);
    server.actor.cases(&card, &[json!({ "variables": { "word": "word 0" }, "assertions": [] })]).await;
    let first = run(&server.actor, json!({})).await;
    assert_eq!(taken(&server.actor, &first).await, [false, false]);
    let second = run(&server.actor, json!({})).await;
    assert_eq!(taken(&server.actor, &second).await, [true, true]);
    for position in 0..2 {
        let path = format!("W/runs/{}/cells/{position}", second["id"].as_str().unwrap());
        assert_eq!(server.actor.get(&path).await.expect(200)["cached_from"]["position"], 0);
    }
    server.stop().await;
}
