//! What is written down of what people do, over HTTP: each change once, with it or not at all.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::{Actor, PASSWORD, ServerProcess, TestDatabase, TestServer};

fn content() -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    })
}

/// All lines of the log, oldest first.
async fn lines(actor: &Actor) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut path = "/api/v1/audit?limit=200".to_owned();
    loop {
        let page = actor.get(&path).await.expect(200);
        lines.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/audit?limit=200&cursor={cursor}");
    }
    lines.reverse();
    lines
}

async fn actions(actor: &Actor) -> Vec<String> {
    lines(actor).await.iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn assert_gapless(lines: &[Value]) {
    for (place, line) in lines.iter().enumerate() {
        assert_eq!(line["seq"], place + 1, "{line:#}");
    }
}

async fn assert_sound(actor: &Actor) {
    let found = actor.post("/api/v1/audit/verify", &Value::Null).await.expect(200);
    assert_eq!(found["sound"], true, "{found:#}");
}

#[tokio::test]
async fn every_change_is_a_line_and_no_refusal_of_a_rule_is() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    let before = actions(actor).await.len();
    let card = actor.card("echo", &content()).await;
    let id = card["id"].as_str().unwrap();
    actor
        .post("W/cards", &json!({ "slug": "echo", "title": "Again" }))
        .await
        .expect_problem(409, "slug_taken");
    let key = [("idempotency-key", "once")];
    let new = json!({ "slug": "second", "title": "Second" });
    for _ in 0..2 {
        actor.send(Method::POST, "W/cards", &key, Some(&new)).await.expect(201);
    }
    let etag = actor.get("W/cards/echo").await.etag.unwrap();
    let edit = json!({ "title": "Echo" });
    let headers = [("if-match", etag.as_str())];
    actor.send(Method::PATCH, "W/cards/echo", &headers, Some(&edit)).await.expect(200);
    actor.send(Method::PATCH, "W/cards/echo", &headers, Some(&edit)).await.expect_problem(412, "stale");
    let label = "W/cards/echo/labels/production";
    for _ in 0..2 {
        actor.send(Method::PUT, label, &[], Some(&json!({ "version": 1 }))).await.expect(200);
    }
    actor.delete(label).await.expect(204);
    actor.cases(&card, &[json!({ "variables": { "word": "one" } })]).await;
    let run = actor.start("echo", &["simulated/simulated-small"], 1).await;
    actor.finish(&run).await;
    actor.delete(&format!("W/runs/{}", run["id"].as_str().unwrap())).await.expect(204);
    actor.get("W/export").await;
    actor.post("W/cards/second/archive", &Value::Null).await.expect(200);
    actor.post("W/cards/second/archive", &Value::Null).await.expect(200);
    actor.post("W/cards/second/restore", &Value::Null).await.expect(200);

    let written = lines(actor).await;
    assert_gapless(&written);
    let names: Vec<&str> = written[before..]
        .iter()
        .map(|line| line["action"].as_str().unwrap())
        .filter(|action| !action.starts_with("auth."))
        .collect();
    assert_eq!(
        names,
        [
            "card.create",
            "version.save",
            "card.create",
            "card.edit",
            "label.move",
            "label.remove",
            "case.import",
            "run.start",
            "run.delete",
            "card.export",
            "card.archive",
            "card.restore",
        ]
    );
    let of_card = actor.get(&format!("/api/v1/audit?object=card:{id}")).await.expect(200);
    let of_card: Vec<&str> =
        of_card["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(of_card, ["label.remove", "label.move", "card.edit", "version.save", "card.create"]);
    let moved = &written[before + 4];
    assert_eq!(moved["detail"], json!({ "label": "production", "from": null, "to": 1 }));
    assert_eq!((&moved["outcome"], &moved["object"]), (&json!("done"), &json!(format!("card:{id}"))));
    assert!(moved["request"].is_string() && moved["workspace"].is_string());
    assert_sound(actor).await;
    server.stop().await;
}

#[tokio::test]
async fn what_is_done_to_people_and_by_them_is_written_down() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    let before = lines(admin).await.len();
    let grace = admin.invite("grace", "user", Some("viewer")).await;
    let id = grace.get("/api/v1/account").await.expect(200)["id"].as_str().unwrap().to_owned();
    let user = format!("/api/v1/users/{id}");
    admin
        .send(Method::PUT, &format!("W/members/{id}"), &[], Some(&json!({ "role": "editor" })))
        .await
        .expect(200);
    let key = json!({ "name": "ci", "workspace": "default", "scopes": ["cards:read"] });
    let key = grace.post("/api/v1/account/api-keys", &key).await.expect(201);
    grace.with(key["key"].as_str().unwrap()).get("W/cards").await.expect(200);
    let path = format!("/api/v1/account/api-keys/{}", key["id"].as_str().unwrap());
    grace.delete(&path).await.expect(204);
    grace
        .send(Method::PATCH, "/api/v1/account", &[], Some(&json!({ "email": "g@example.org" })))
        .await
        .expect(200);
    let confirm = json!({ "password": PASSWORD });
    grace.post("/api/v1/session/confirm", &confirm).await.expect(200);
    let grace = grace.sign_in("grace").await;
    grace.delete("/api/v1/account/sessions").await.expect(204);
    for edit in [json!({ "role": "admin" }), json!({ "disabled": true }), json!({ "disabled": false })] {
        admin.send(Method::PATCH, &user, &[], Some(&edit)).await.expect(200);
    }
    admin.post(&format!("{user}/reset-link"), &Value::Null).await.expect(201);
    admin.delete(&format!("W/members/{id}")).await.expect(204);
    admin.send(Method::PUT, "W/budget", &[], Some(&json!({ "calls": 9 }))).await.expect(200);

    let written = lines(admin).await;
    let of = |name: &str| written[before..].iter().find(|line| line["action"] == name).unwrap();
    let mut names: Vec<&str> =
        written[before..].iter().map(|line| line["action"].as_str().unwrap()).collect();
    // The first use of a key is written down by nobody who waits for it.
    names.retain(|name| *name != "api_key.first_use");
    assert_eq!(
        names,
        [
            "user.invite",
            "link.accept",
            "auth.sign_in",
            "member.set",
            "api_key.create",
            "api_key.revoke",
            "account.edit",
            "auth.confirm",
            "auth.sign_in",
            "session.revoke",
            "user.role",
            "user.disable",
            "user.enable",
            "user.reset_link",
            "member.remove",
            "budget.set",
        ]
    );
    assert_eq!(of("auth.sign_in")["actor"], id);
    assert_eq!(of("member.set")["detail"], json!({ "from": "viewer", "to": "editor" }));
    assert_eq!(of("user.role")["detail"], json!({ "from": "user", "to": "admin" }));
    assert_eq!(of("user.role")["object"], format!("user:{id}"));
    let text = Value::from(written).to_string();
    for told in ["grace", "g@example.org", PASSWORD, key["key"].as_str().unwrap()] {
        assert!(!text.contains(told), "{told} is in the log");
    }
    assert_sound(admin).await;
    server.stop().await;
}

#[tokio::test]
async fn what_was_refused_is_counted_and_not_repeated() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    let grace = admin.invite("grace", "user", None).await;
    let before = lines(admin).await.len();
    for _ in 0..4 {
        grace.get("/api/v1/users").await.expect_problem(403, "forbidden");
        let wrong = json!({ "name": "grace", "password": "wrong horse, wrong battery" });
        let nobody = json!({ "name": "nobody", "password": "wrong horse, wrong battery" });
        for body in [wrong, nobody] {
            admin.anonymous().post("/api/v1/session", &body).await.expect_problem(401, "sign_in_failed");
        }
    }
    // They are written down by nobody who waits for them.
    let mut told = Vec::new();
    while told.len() < 2 {
        told = lines(admin).await.split_off(before);
    }
    let mut told: Vec<String> = told
        .iter()
        .map(|line| {
            format!("{} {} {}", line["action"].as_str().unwrap(), line["outcome"], line["detail"]["code"])
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        ["auth.forbidden \"refused\" \"forbidden\"", "auth.sign_in \"refused\" \"sign_in_failed\""]
    );
    server.stop().await;
}

#[tokio::test]
async fn what_is_hidden_from_somebody_is_refused_in_the_log_too_and_what_is_not_there_is_not() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    let grace = admin.invite("grace", "user", None).await;
    let ellen = admin.invite("ellen", "user", None).await;
    let key = json!({ "name": "ci", "workspace": "default", "scopes": ["cards:read"] });
    let key = admin.post("/api/v1/account/api-keys", &key).await.expect(201);
    let key = admin.with(key["key"].as_str().unwrap());
    admin.post("/api/v1/workspaces", &json!({ "slug": "other", "name": "Other" })).await.expect(201);
    key.get("W/cards").await.expect(200);
    // The line of its first use is written by nobody who waits for it.
    while !actions(admin).await.contains(&"api_key.first_use".to_owned()) {}
    let before = lines(admin).await.len();
    for path in ["W/cards/nothing", "/api/v1/workspaces/nowhere/cards"] {
        admin.get(path).await.expect_problem(404, "not_found");
        grace.get("/api/v1/workspaces/nowhere/cards").await.expect_problem(404, "not_found");
    }
    for _ in 0..4 {
        grace.get("W/cards").await.expect_problem(404, "not_found");
        grace.post("W/cards", &json!({})).await.expect_problem(404, "not_found");
        key.get("/api/v1/workspaces/other/cards").await.expect_problem(404, "not_found");
        let share = "/api/v1/shared/01890a5d-ac96-774b-bcce-b302099a8057";
        ellen.get(share).await.expect_problem(404, "not_found");
    }
    // Written last: whatever else was to be written is there by then.
    admin.anonymous().post("/api/v1/session", &json!({ "name": "a", "password": "b" })).await;
    let mut told = Vec::new();
    while !told.iter().any(|line: &Value| line["action"] == "auth.sign_in") {
        told = lines(admin).await.split_off(before);
    }
    let mut told: Vec<String> =
        told.iter().map(|line| format!("{} {}", line["action"].as_str().unwrap(), line["detail"])).collect();
    told.sort();
    let hidden = "auth.forbidden {\"code\":\"hidden\",\"count\":1}";
    let failed = "auth.sign_in {\"code\":\"sign_in_failed\",\"count\":1}";
    assert_eq!(told, [hidden, hidden, hidden, failed]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_changes_at_once_are_fifty_lines_in_one_chain() {
    let server = TestServer::start().await;
    let before = lines(&server.actor).await.len();
    let create = |number| {
        let actor = server.actor.clone();
        async move {
            let new = json!({ "slug": format!("card-{number}"), "title": "One of many" });
            actor.post("W/cards", &new).await.expect(201)["id"].clone()
        }
    };
    let made: BTreeSet<String> = join_all((0..50).map(create))
        .await
        .iter()
        .map(|id| format!("card:{}", id.as_str().unwrap()))
        .collect();
    let written = lines(&server.actor).await;
    assert_gapless(&written);
    let told: BTreeSet<String> =
        written[before..].iter().map(|line| line["object"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, made);
    assert_eq!(written.len(), before + 50);
    assert_sound(&server.actor).await;
    server.stop().await;
}

#[tokio::test]
async fn an_export_can_be_verified_by_anybody() {
    let server = TestServer::start().await;
    server.actor.card("echo", &content()).await;
    let export = server.actor.text("/api/v1/audit/export").await;
    let mut before = "0".repeat(64);
    let mut count = 0;
    for line in export.lines() {
        let entry = line.strip_prefix("{\"entry\":").unwrap().rsplit_once(",\"prev_hash\":").unwrap().0;
        let read: Value = serde_json::from_str(line).unwrap();
        assert_eq!(read["prev_hash"], before);
        let hash = hex::encode(Sha256::digest(format!("{before}{entry}")));
        assert_eq!(read["hash"], hash);
        count += 1;
        assert_eq!(read["entry"]["seq"], count);
        before = hash;
    }
    let last: Value = serde_json::from_str(export.lines().last().unwrap()).unwrap();
    assert_eq!(last["entry"]["action"], "audit.export");
    assert_eq!(lines(&server.actor).await.len(), count);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_time_leaves_a_chain_with_every_change_that_was_acknowledged() {
    let database = TestDatabase::new();
    let url = database.url();
    let start = || {
        let mut environment = vec![("PROMPTCARDS_LOG__LEVEL", "warn")];
        environment.extend(url.as_deref().map(|url| ("PROMPTCARDS_STORE__DATABASE_URL", url)));
        ServerProcess::start(env!("CARGO_BIN_EXE_promptcards").as_ref(), database.folder(), &environment)
    };
    let mut acknowledged = BTreeSet::new();
    for round in 0..6_u32 {
        let server = start();
        let create = |number: u32| {
            let actor = server.actor.clone();
            async move {
                let new = json!({ "slug": format!("card-{round}-{number}"), "title": "One of many" });
                let id = actor.try_post("W/cards", &new).await?.expect(201)["id"].clone();
                Some(format!("card:{}", id.as_str().unwrap()))
            }
        };
        let writing = join_all((0..200).map(create));
        let kill = async {
            // As soon as the log has grown by so many lines.
            let until = 10 + usize::try_from(round).unwrap() * 7;
            let begun = lines(&server.actor).await.len();
            while lines(&server.actor).await.len() < begun + until {}
            server.signal("KILL");
        };
        let (made, ()) = tokio::join!(writing, kill);
        let made: Vec<String> = made.into_iter().flatten().collect();
        acknowledged.extend(made);
        drop(server);
        let server = start();
        let written = lines(&server.actor).await;
        assert_gapless(&written);
        assert_sound(&server.actor).await;
        let told: BTreeSet<String> =
            written.iter().map(|line| line["object"].as_str().unwrap().to_owned()).collect();
        let untold: Vec<_> = acknowledged.difference(&told).collect();
        assert!(untold.is_empty(), "acknowledged and not written down: {untold:?}");
        let cards = cards(&server.actor).await;
        let told: BTreeSet<String> = written
            .iter()
            .filter(|line| line["action"] == "card.create")
            .map(|line| line["object"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(told, cards, "written down and not there, or there and not written down");
        server.stop();
    }
}

async fn cards(actor: &Actor) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut path = "W/cards?limit=200".to_owned();
    loop {
        let page = actor.get(&path).await.expect(200);
        let items = page["items"].as_array().unwrap().iter();
        all.extend(items.map(|card| format!("card:{}", card["id"].as_str().unwrap())));
        let Some(cursor) = page["next_cursor"].as_str() else { return all };
        path = format!("W/cards?limit=200&cursor={cursor}");
    }
}
