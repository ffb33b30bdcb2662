//! What accounts read that a card or a run was shared with.

use super::*;
use crate::running::NOBODY;

#[tokio::test]
async fn a_guest_reads_what_was_shared_with_them_and_nobody_else_does() {
    let here = Sharing::start().await;
    let gina = join(&here, "gina", ServerRole::Guest, None).await;
    let other = join(&here, "gustav", ServerRole::Guest, None).await;
    let stranger = join(&here, "sam", ServerRole::User, None).await;
    let card = here.share(&json!({ "card": "card", "accounts": ["GINA", "sam"] })).await;
    let run = here.share(&json!({ "run": here.run, "accounts": ["gina"] })).await;
    assert_eq!(card["path"], Value::Null, "nobody asked for a link");
    let id = |share: &Value| share["share"]["id"].as_str().unwrap().to_owned();
    let (card, run) = (id(&card), id(&run));
    let ask = async |person: &Person, path: &str| {
        here.ask(Some(&person.token), &format!("GET /api/v1/shared{path}"), &Value::Null).await
    };

    let list = ask(&gina, "").await.json();
    let seen: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
    assert_eq!(seen, [json!(run), json!(card)], "the latest first");
    assert_eq!((&list["items"][0]["kind"], &list["items"][0]["run_number"]), (&json!("run"), &json!(1)));
    let first = ask(&gina, "?limit=1").await.json();
    let rest = ask(&gina, &format!("?cursor={}", first["next_cursor"].as_str().unwrap())).await.json();
    assert_eq!((&first["items"][0]["id"], &rest["items"][0]["id"]), (&json!(run), &json!(card)));

    let whole = ask(&gina, &format!("/{card}")).await.json();
    assert_eq!((&whole["part"], &whole["version"]["number"]), (&json!("card"), &json!(1)));
    assert_eq!(ask(&gina, &format!("/{card}?part=version&at=1")).await.status, 200);
    assert_eq!(ask(&gina, &format!("/{card}?part=cases")).await.json()["next"], 50);
    assert_eq!(
        ask(&gina, &format!("/{run}?part=rows&at=50")).await.json()["cells"].as_array().unwrap().len(),
        10
    );
    assert_eq!(ask(&gina, &format!("/{run}?part=cell&at=3")).await.json()["cell"]["summary"]["position"], 3);
    // A user of another workspace, or of none, reads as a guest does.
    assert_eq!(ask(&stranger, &format!("/{card}")).await.status, 200);

    for (person, id) in [(&other, &card), (&other, &run), (&stranger, &run), (&here.editor, &card)] {
        for part in ["", "?part=version", "?part=rows", "?part=cell"] {
            let foreign = lasting(ask(person, &format!("/{id}{part}")).await);
            assert_eq!(foreign.0, 404);
            assert_eq!(foreign, lasting(ask(person, &format!("/{NOBODY}{part}")).await));
        }
    }
    assert_eq!(ask(&other, "").await.json()["items"], json!([]));
    for path in ["", &format!("/{card}")] {
        let answer = here.ask(None, &format!("GET /api/v1/shared{path}"), &Value::Null).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "sign_in_required"));
    }
    // It opens nothing of the workspace.
    for path in
        ["/cards", "/cards/card", "/cards/card/draft", "/runs", &format!("/runs/{}", here.run), "/shares"]
    {
        let answer = here.ask(Some(&gina.token), &format!("GET {W}{path}"), &Value::Null).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    let start = here.ask(Some(&gina.token), &format!("POST {W}/runs"), &run_of("card")).await;
    assert_eq!(start.status, 404);

    // Neither its id nor its absent link is a secret.
    assert_eq!(here.look(&card, "whole", None).await.status, 404);
    let revoke = format!("DELETE {W}/shares/{card}");
    assert_eq!(here.ask(Some(&gina.token), &revoke, &Value::Null).await.status, 404);
    assert_eq!(here.ask(Some(&here.editor.token), &revoke, &Value::Null).await.status, 204);
    assert_eq!(ask(&gina, &format!("/{card}")).await.status, 404);
    assert_eq!(ask(&gina, &format!("/{run}")).await.status, 200);
}

#[tokio::test]
async fn a_share_is_of_one_workspace() {
    let here = Sharing::start().await;
    let stranger = join(&here, "sam", ServerRole::User, None).await;
    let caller = here.engine.people().authenticate_access(&stranger.token).await.unwrap();
    let other = engine::people::NewWorkspace { slug: "elsewhere".to_owned(), name: "Elsewhere".to_owned() };
    here.engine.people().create_workspace(&caller, other).await.unwrap();
    let (_, share) = here.link("card").await;
    // Neither the card, nor the run, nor the share is there for who owns another workspace.
    let elsewhere = "/api/v1/workspaces/elsewhere/shares";
    for new in [json!({ "card": "card", "link": true }), json!({ "run": here.run, "link": true })] {
        let answer = here.ask(Some(&stranger.token), &format!("POST {elsewhere}"), &new).await;
        assert_eq!(answer.status, 404, "{new}");
    }
    let revoke = format!("DELETE {elsewhere}/{share}");
    assert_eq!(here.ask(Some(&stranger.token), &revoke, &Value::Null).await.status, 404);
    let list = here.ask(Some(&stranger.token), &format!("GET {elsewhere}"), &Value::Null).await;
    assert_eq!(list.json()["items"], json!([]));
    assert_eq!(here.read("/shares").await["items"].as_array().unwrap().len(), 1);
}
