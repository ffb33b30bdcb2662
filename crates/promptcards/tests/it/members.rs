//! Members of a workspace who are added by name, as an owner does who sees no list of accounts.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, TestServer};

async fn add(actor: &Actor, name: &str, role: &str) -> testkit::Answer {
    actor.post("W/members", &json!({ "name": name, "role": role })).await
}

async fn id_of(actor: &Actor) -> String {
    actor.get("/api/v1/account").await.expect(200)["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_owner_adds_who_has_an_account_by_name_or_address() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    let owner = admin.invite("olga", "user", Some("owner")).await;
    let grace = admin.invite("Grace", "user", None).await;
    let email = json!({ "email": "Grace.H@example.org" });
    grace.send(Method::PATCH, "/api/v1/account", &[], Some(&email)).await.expect(200);
    let id = id_of(&grace).await;
    grace.get("W/cards").await.expect_problem(404, "not_found");

    let added = add(&owner, " grace ", "editor").await.expect(201);
    assert_eq!(
        (&added["user"], &added["name"], &added["role"]),
        (&json!(id), &json!("Grace"), &json!("editor"))
    );
    grace.get("W/cards").await.expect(200);
    let again = add(&owner, "grace", "owner").await.expect_problem(422, "invalid");
    assert_eq!(again["errors"][0]["pointer"], "/name");
    assert!(
        again["detail"].as_str().unwrap().contains("a member already, with the role editor"),
        "{again:#}"
    );
    let itself = add(&owner, "olga", "viewer").await.expect_problem(422, "invalid");
    assert!(itself["detail"].as_str().unwrap().contains("with the role owner"), "{itself:#}");

    owner.delete(&format!("W/members/{id}")).await.expect(204);
    let added = add(&owner, "GRACE.h@example.org", "viewer").await.expect(201);
    assert_eq!((&added["user"], &added["role"]), (&json!(id), &json!("viewer")));
    let lines = admin.get("/api/v1/audit?action=member.set").await.expect(200);
    let newest = &lines["items"][0];
    assert_eq!(newest["object"], format!("user:{id}"));
    assert_eq!(newest["detail"], json!({ "from": null, "to": "viewer" }));
    server.stop().await;
}

#[tokio::test]
async fn who_cannot_be_a_member_is_told_from_who_is_not_there() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    let owner = admin.invite("olga", "user", Some("owner")).await;
    let guest = admin.invite("gast", "guest", None).await;
    let gone = admin.invite("gone", "user", None).await;
    let editor = admin.invite("edda", "user", Some("editor")).await;
    let disable = json!({ "disabled": true });
    let path = format!("/api/v1/users/{}", id_of(&gone).await);
    admin.send(Method::PATCH, &path, &[], Some(&disable)).await.expect(200);
    for name in ["nobody", "nobody@example.org", "gone"] {
        let said = add(&owner, name, "viewer").await.expect_problem(404, "not_found");
        let detail = said["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("`{name}`")) && detail.contains("invited by an admin"), "{detail}");
    }
    let refused = add(&owner, "gast", "viewer").await.expect_problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/name");
    // Who owns nothing learns nothing.
    for (actor, status, code) in [(&editor, 403, "forbidden"), (&guest, 404, "not_found")] {
        let [there, nobody] = [add(actor, "olga", "viewer").await, add(actor, "nobody", "viewer").await]
            .map(|answer| without_request(answer.expect_problem(status, code)));
        assert_eq!(there, nobody);
    }
    server.stop().await;
}

#[tokio::test]
async fn an_admin_who_entered_can_be_made_a_member_for_good() {
    let server = TestServer::start().await;
    let admin = &server.actor;
    let root = admin.invite("second", "admin", None).await;
    root.post("/api/v1/workspaces/default/entry", &json!({ "reason": "a run hangs" })).await.expect(201);
    let added = add(admin, "second", "editor").await.expect(201);
    assert_eq!((&added["role"], &added["until"]), (&json!("editor"), &Value::Null));
    server.stop().await;
}

/// A problem names the request.
fn without_request(mut problem: Value) -> Value {
    problem.as_object_mut().unwrap().retain(|name, _| name != "request_id");
    problem
}
