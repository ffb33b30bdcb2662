//! A person who is erased: nothing tells any more who it was, and what they made stays.

use reqwest::Method;
use serde_json::{Value, json};
use store::{Sql, Store};
use testkit::{Actor, PASSWORD, TestDatabase, TestServer};

const NAME: &str = "Canary.Quentin_7f";
const EMAIL: &str = "canary.mail.3c@example.org";

fn content(text: &str) -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": text }] }],
        "variables": [],
    })
}

async fn id_of(actor: &Actor) -> String {
    actor.get("/api/v1/account").await.expect(200)["id"].as_str().unwrap().to_owned()
}

async fn with_key(actor: &Actor, path: &str, body: &Value) -> Value {
    let answer = actor.send(Method::POST, path, &[("idempotency-key", "once")], Some(body)).await;
    assert!(answer.status.is_success(), "{:#}", answer.body);
    answer.body
}

/// Whoever is to be erased, who has left their name wherever one is kept.
async fn busy_person(admin: &Actor) -> Actor {
    let person = admin.invite(NAME, "admin", Some("owner")).await;
    let email = json!({ "email": EMAIL });
    person.send(Method::PATCH, "/api/v1/account", &[], Some(&email)).await.expect(200);
    person.post("/api/v1/account/two-factor", &Value::Null).await.expect(200);
    let card = person.card("poem", &content("A poem")).await;
    person.cases(&card, &[json!({})]).await;
    with_key(&person, "W/cards", &json!({ "slug": "song", "title": "Song", "content": content("A song") }))
        .await;
    let label = "W/cards/poem/labels/production";
    person.send(Method::PUT, label, &[], Some(&json!({ "version": 1 }))).await.expect(200);
    let run = json!({
        "card_versions": [{ "slug": "poem" }], "models": [{ "provider": "simulated", "model": "simulated-small" }],
    });
    let run = with_key(&person, "W/runs", &run).await;
    person.finish(&run).await;
    person.put("W/budget", "*", &json!({ "calls": 900 })).await.expect(200);
    let endpoint = json!({ "endpoint": "http://192.0.2.7:11434" });
    person.post("/api/v1/outbound/endpoints", &endpoint).await.expect(201);
    person.post("/api/v1/users/invitations", &json!({ "role": "guest" })).await.expect(201);
    for name in [NAME, EMAIL] {
        let wrong = json!({ "name": name, "password": "no such walrus at all" });
        admin.anonymous().post("/api/v1/session", &wrong).await.expect_problem(401, "sign_in_failed");
    }
    // Of the same person, by another name, that nobody took up.
    let invitation = json!({ "name": "quentin", "email": EMAIL.to_uppercase(), "role": "user" });
    admin.post("/api/v1/users/invitations", &invitation).await.expect(201);
    person
}

/// Every value of every table as text, by table and column.
async fn everything(database: &TestDatabase) -> Vec<(String, String)> {
    const OF_FILE: Sql = Sql::new(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') \
         AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'card_search%'",
    );
    const OF_SERVER: Sql = Sql::new(
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns \
         WHERE table_schema = current_schema()",
    );
    let columns = if database.is_on_server() { OF_SERVER } else { OF_FILE };
    let store = Store::open(database.settings()).unwrap();
    let columns: Vec<(String, String)> = store.read(move |conn| conn.query_all(columns, &[])).await.unwrap();
    assert!(columns.len() > 150, "{}", columns.len());
    let mut found = Vec::new();
    for (table, column) in columns {
        let text = format!("SELECT CAST({column} AS TEXT) FROM {table} WHERE {column} IS NOT NULL");
        let all = Sql::new(Box::leak(text.into_boxed_str()));
        let values: Vec<String> = store.read(move |conn| conn.query_all(all, &[])).await.unwrap();
        found.extend(values.into_iter().map(|value| (format!("{table}.{column}"), value)));
    }
    store.close(std::time::Duration::from_secs(5)).await.unwrap();
    found
}

/// Where a text stands, in whatever case.
fn places(everything: &[(String, String)], text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let found = everything.iter().filter(|(_, value)| value.to_lowercase().contains(&text));
    found.map(|(place, value)| format!("{place}: {value}")).collect()
}

#[tokio::test]
async fn nothing_tells_any_more_who_it_was_and_what_they_made_stays() {
    let server = TestServer::start().await;
    let admin = server.actor.clone();
    let person = busy_person(&admin).await;
    let id = id_of(&person).await;
    let new = json!({
        "name": "of Quentin", "workspace": "default", "scopes": ["cards:read"], "budget": { "calls": 1 },
    });
    let key = person.post("/api/v1/account/api-keys", &new).await.expect(201);
    let by_key = admin.with(key["key"].as_str().unwrap());
    by_key.get("W/cards").await.expect(200);
    let database = server.stop().await;
    let before = everything(&database).await;
    for place in [
        "card_drafts.updated_by",
        "card_versions.author",
        "labels.moved_by",
        "label_moves.moved_by",
        "runs.created_by",
        "budgets.set_by",
        "endpoints.added_by",
        "one_time_links.created_by",
        "one_time_links.name",
        "users.name",
        "users.name_key",
        "idempotency_keys.scope",
        "idempotency_keys.body",
    ] {
        assert!(
            places(&before, NAME).iter().any(|found| found.starts_with(&format!("{place}: "))),
            "{place}"
        );
    }
    for place in ["users.email", "users.email_key", "one_time_links.email"] {
        assert!(
            places(&before, EMAIL).iter().any(|found| found.starts_with(&format!("{place}: "))),
            "{place}"
        );
    }

    let server = TestServer::again(database).await;
    let (admin, user) = (server.actor.clone(), format!("/api/v1/users/{id}"));
    let person = admin.sign_in(EMAIL).await;
    let by_key = admin.with(key["key"].as_str().unwrap());
    person.post("/api/v1/workspaces", &json!({ "slug": "lab", "name": "Lab" })).await.expect(201);
    admin.invite("grace", "user", None).await;
    let refused = admin.delete(&user).await.expect_problem(409, "last_owner");
    assert_eq!(
        refused["detail"],
        format!(
            "{NAME} is the only owner of lab. Nothing was changed; make another member an owner there first."
        )
    );
    person.get("W/cards").await.expect(200);
    admin
        .post("/api/v1/workspaces/lab/members", &json!({ "name": "grace", "role": "owner" }))
        .await
        .expect(201);
    admin.delete(&user).await.expect(204);
    admin.delete(&user).await.expect(204);

    for gone in [&person, &by_key] {
        gone.get("W/cards").await.expect_problem(401, "invalid_token");
    }
    for name in [NAME, EMAIL] {
        let sign_in = json!({ "name": name, "password": PASSWORD });
        admin.anonymous().post("/api/v1/session", &sign_in).await.expect_problem(401, "sign_in_failed");
    }
    let account = admin.get(&user).await.expect(200);
    let erased = format!("erased-{}", &id[24..]);
    assert_eq!(account["name"], erased);
    assert_eq!(
        (&account["email"], &account["role"], &account["two_factor"], &account["erased"]),
        (&Value::Null, &json!("guest"), &json!(false), &json!(true))
    );
    assert!(account["disabled_at"].is_string());
    assert_eq!(admin.get("W/cards/poem/versions/1").await.expect(200)["author"], erased);
    assert_eq!(admin.get("W/cards/poem/labels").await.expect(200)["items"][0]["moved_by"], erased);
    assert_eq!(admin.get("W/runs").await.expect(200)["items"][0]["created_by"], erased);
    assert_eq!(admin.get("W/budget").await.expect(200)["set_by"], erased);
    let members = admin.get("W/members").await.expect(200);
    assert_eq!(members["items"].as_array().unwrap().len(), 1, "{members:#}");

    // It is not brought back.
    for edit in [json!({ "disabled": false }), json!({ "role": "user" })] {
        admin.send(Method::PATCH, &user, &[], Some(&edit)).await.expect_problem(409, "wrong_state");
    }
    admin.post(&format!("{user}/reset-link"), &Value::Null).await.expect_problem(409, "wrong_state");
    admin
        .post("W/members", &json!({ "name": erased, "role": "viewer" }))
        .await
        .expect_problem(404, "not_found");
    let lines = admin.get("/api/v1/audit?action=user.erase").await.expect(200);
    assert_eq!(lines["items"].as_array().unwrap().len(), 1, "{lines:#}");
    assert_eq!(lines["items"][0]["object"], format!("user:{id}"));
    let sound = admin.post("/api/v1/audit/verify", &Value::Null).await.expect(200);
    assert_eq!(sound["sound"], true, "{sound:#}");

    let after = everything(&server.stop().await).await;
    for text in [NAME, EMAIL, "of Quentin", key["key"].as_str().unwrap()] {
        assert_eq!(places(&after, text), [""; 0]);
    }
    assert!(!places(&after, &erased).is_empty() && !places(&after, &format!("user:{id}")).is_empty());
}

#[tokio::test]
async fn the_answer_that_was_kept_for_somebody_else_is_forgotten_too() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    let person = admin.invite(NAME, "user", Some("editor")).await;
    let id = id_of(&person).await;
    let card = person.card("poem", &content("A poem")).await;
    person.cases(&card, &[json!({})]).await;
    let run = json!({
        "card_versions": [{ "slug": "poem" }], "models": [{ "provider": "ollama", "model": "llama3.2:latest" }],
        "repeats": 1000, "cache": false,
    });
    let begun = with_key(&person, "W/runs", &run).await;
    let joined = with_key(admin, "W/runs", &run).await;
    assert_eq!((&joined["id"], &joined["created_by"]), (&begun["id"], &json!(NAME)));
    admin.post(&format!("W/runs/{}/cancel", begun["id"].as_str().unwrap()), &Value::Null).await.expect(200);
    admin.delete(&format!("/api/v1/users/{id}")).await.expect(204);
    let after = everything(&server.stop().await).await;
    assert_eq!(places(&after, NAME), [""; 0]);
}

#[tokio::test]
async fn the_last_admin_is_not_erased_and_a_name_is_free_again() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    let own = format!("/api/v1/users/{}", id_of(admin).await);
    admin.delete(&own).await.expect_problem(409, "last_admin");
    admin.get("W/cards").await.expect(200);
    let first = admin.invite("grace", "user", Some("viewer")).await;
    let id = id_of(&first).await;
    admin.delete(&format!("/api/v1/users/{id}")).await.expect(204);
    let second = admin.invite("grace", "user", Some("viewer")).await;
    assert_ne!(id_of(&second).await, id);
    second.get("W/cards").await.expect(200);
    first.get("W/cards").await.expect_problem(401, "invalid_token");
    let taken = json!({ "name": "erased-0123456789ab", "role": "user" });
    admin.post("/api/v1/users/invitations", &taken).await.expect_problem(422, "invalid");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_erased_while_their_runs_go_on() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    for name in ["grace", "ellen", "hedy", "mary"] {
        let person = admin.invite(name, "user", Some("editor")).await;
        let id = id_of(&person).await;
        let card = person.card(name, &content("A poem")).await;
        person.cases(&card, &[json!({})]).await;
        // So many cells that the worker commits to it, again and again, while its person is erased.
        let run = json!({
            "card_versions": [{ "slug": name }], "repeats": 1000, "cache": false,
            "models": [{ "provider": "simulated", "model": "simulated-small" }],
        });
        let run = person.post("W/runs", &run).await.expect(202);
        let path = format!("W/runs/{}", run["id"].as_str().unwrap());
        while ["preparing", "queued"].map(Value::from).contains(&admin.get(&path).await.expect(200)["state"])
        {
        }
        admin.delete(&format!("/api/v1/users/{id}")).await.expect(204);
        let run = admin.get(&path).await.expect(200);
        assert_eq!(run["created_by"], format!("erased-{}", &id[24..]));
    }
    server.stop().await;
}
