//! What somebody reads who has a link and nothing else.

use std::sync::Arc;

use domain::clock::{Clock, Millis, Timestamp};
use engine::limits::LimitsSettings;

use super::*;

/// A clock that stands, so that no limit forgets anything.
struct Still;

impl Clock for Still {
    fn now(&self) -> Millis {
        1_795_737_600_000
    }
}

#[tokio::test]
async fn a_link_reads_its_card_and_nothing_else() {
    let here = Sharing::start().await;
    here.save_as("card", "Shout {{ word }}!").await;
    here.done("PUT /cards/card/labels/production", &json!({ "version": 1 })).await;
    let etag = here.etag("/cards/card/draft").await;
    let draft = json!({ "content": crate::running::text("Not saved yet: {{ word }}") });
    assert_eq!(here.call("PUT /cards/card/draft", &[("if-match", &etag)], &draft).await.status, 200);
    let (secret, _) = here.link("card").await;
    assert_eq!(secret.len(), 43, "256 bits");

    let whole = here.part(&secret, "whole", None).await;
    assert_eq!((&whole["part"], &whole["card"]["title"]), (&json!("card"), &json!("The card card")));
    assert_eq!(whole["card"]["labels"], json!([{ "name": "production", "version": 1 }]));
    assert_eq!((&whole["card"]["case_count"], &whole["version"]["number"]), (&json!(60), &json!(2)));
    let text = |version: &Value| version["content"]["messages"][0]["content"][0]["text"].clone();
    assert_eq!(text(&whole["version"]), "Shout {{ word }}!");
    let versions = here.part(&secret, "versions", None).await;
    let numbers: Vec<_> =
        versions["versions"].as_array().unwrap().iter().map(|version| &version["number"]).collect();
    assert_eq!((numbers, &versions["next"]), (vec![&json!(2), &json!(1)], &Value::Null));
    let first = here.part(&secret, "version", Some(1)).await;
    assert_eq!(text(&first["version"]), "Say {{ word }}.");
    let mut positions = Vec::new();
    let mut at = None;
    let cases = loop {
        let page = here.part(&secret, "cases", at).await;
        positions.extend(page["cases"].as_array().unwrap().iter().map(|case| case["position"].clone()));
        match page["next"].as_i64() {
            Some(next) => at = Some(next),
            None => break page,
        }
    };
    assert_eq!(positions, (1..=60).map(Value::from).collect::<Vec<_>>());

    // No draft, no name of an account, and nothing of the other card or of the run.
    for said in [&whole, &versions, &first, &cases] {
        let said = said.to_string();
        for unseen in ["Not saved yet", "\"ada\"", "\"eddy\"", "other", &here.run, "last_rate"] {
            assert!(!said.contains(unseen), "{unseen} in {said}");
        }
    }
    for (part, at) in [("rows", None), ("cell", Some(0)), ("version", Some(3)), ("version", Some(-1))] {
        let answer = here.look(&secret, part, at).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{part}");
    }
    assert_eq!(here.look(&secret, "draft", None).await.status, 422);
    assert_eq!(here.part(&secret, "cases", Some(i64::MIN)).await["cases"].as_array().unwrap().len(), 50);
    // The secret is no credential for anything else.
    for path in ["/cards", "/cards/card", "/shares"] {
        let answer = here.ask(Some(&secret), &format!("GET {W}{path}"), &Value::Null).await;
        assert_eq!(answer.status, 401, "{path}");
    }
}

#[tokio::test]
async fn a_link_reads_its_run_and_nothing_else() {
    let here = Sharing::start().await;
    let (secret, _) = here.link("run").await;
    let whole = here.part(&secret, "whole", None).await;
    assert_eq!((&whole["part"], &whole["share"]["run_number"]), (&json!("run"), &json!(1)));
    assert_eq!(whole["share"]["title"], "The card card");
    assert_eq!((&whole["run"]["cell_count"], &whole["run"]["created_by"]), (&json!(60), &json!("")));
    let first = here.part(&secret, "rows", None).await;
    assert_eq!((first["cells"].as_array().unwrap().len(), &first["next"]), (50, &json!(50)));
    assert_eq!(first["cases"].as_array().unwrap().len(), 50);
    let rest = here.part(&secret, "rows", Some(50)).await;
    assert_eq!((rest["cells"].as_array().unwrap().len(), &rest["next"]), (10, &Value::Null));
    assert_eq!(rest["cases"][0]["description"], "case 50");
    for at in [i64::MIN, i64::MAX] {
        here.part(&secret, "rows", Some(at)).await;
    }
    // The same as a member sees, and the text byte for byte.
    let cell = here.part(&secret, "cell", Some(7)).await;
    let own = here.read(&format!("/runs/{}/cells/7", here.run)).await;
    assert_eq!(
        (&cell["cell"]["result"]["output"], &cell["cell"]["case"]),
        (&own["result"]["output"], &own["case"])
    );
    assert!(own["result"]["output"].as_str().is_some_and(|output| !output.is_empty()));
    for said in [&whole, &first, &cell] {
        let said = said.to_string();
        assert!(!said.contains("\"ada\"") && !said.contains("\"eddy\""), "{said}");
    }
    for (part, at) in
        [("versions", None), ("version", Some(1)), ("cases", None), ("cell", Some(60)), ("cell", Some(-1))]
    {
        assert_eq!(here.look(&secret, part, at).await.status, 404, "{part} {at:?}");
    }
}

#[tokio::test]
async fn who_fails_too_often_waits_and_who_has_a_good_link_does_not() {
    let clock: Arc<dyn Clock> = Arc::new(Still);
    let here = Sharing::at(Running::limited(LimitsSettings::default(), &clock, &[]).await).await;
    let (secret, _) = here.link("card").await;
    for tried in 0..5 {
        assert_eq!(here.look(&format!("wrong {tried}"), "whole", None).await.status, 404);
    }
    let refused = here.look("wrong again", "whole", None).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "rate_limited"));
    assert_eq!(refused.json()["violated-policies"], json!(["auth"]));
    here.part(&secret, "whole", None).await;
}

#[tokio::test]
async fn what_is_shared_and_revoked_is_written_down_by_ids_alone() {
    let here = Sharing::start().await;
    let guest = join(&here, "gina", ServerRole::Guest, None).await;
    let made = here.share(&json!({ "card": "card", "link": true, "accounts": ["gina"] })).await;
    let share = &made["share"];
    assert_eq!((&share["link"], &share["accounts"]), (&json!(true), &json!(["gina"])));
    assert_eq!((&share["created_by"], &share["works"]), (&json!("eddy"), &json!(true)));
    let time = |name: &str| serde_json::from_value::<Timestamp>(share[name].clone()).unwrap().0;
    assert_eq!(time("expires_at") - time("created_at"), 30 * 24 * 60 * 60 * 1_000);
    let listed = here.ask(Some(&here.editor.token), &format!("GET {W}/shares?card=card"), &Value::Null).await;
    assert_eq!(listed.json()["items"], json!([share]));
    let of_other =
        here.ask(Some(&here.editor.token), &format!("GET {W}/shares?card=other"), &Value::Null).await;
    assert_eq!(of_other.json()["items"], json!([]));
    let id = share["id"].as_str().unwrap();
    let revoke = format!("DELETE {W}/shares/{id}");
    assert_eq!(here.ask(Some(&here.editor.token), &revoke, &Value::Null).await.status, 204);
    assert_eq!(here.ask(Some(&here.editor.token), &revoke, &Value::Null).await.status, 404);

    let card = here.read("/cards/card").await["id"].clone();
    let of = |action: &str| format!("GET /api/v1/audit?action={action}");
    let lines = here.done(&of("share.create"), &Value::Null).await;
    assert_eq!(lines["items"][0]["object"], format!("share:{id}"));
    let detail = json!({ "card": card, "link": true, "accounts": [guest.id.to_string()] });
    assert_eq!(lines["items"][0]["detail"], detail);
    assert_eq!(
        here.done(&of("share.revoke"), &Value::Null).await["items"][0]["object"],
        format!("share:{id}")
    );
}

#[tokio::test]
async fn what_makes_no_share_is_said_where_it_is_wrong() {
    let here = Sharing::start().await;
    let what = format!("POST {W}/shares");
    let wrong = [
        (json!({ "link": true }), "/card"),
        (json!({ "card": "card" }), "/link"),
        (json!({ "card": "card", "run": here.run, "link": true }), "/run"),
        (json!({ "card": "card", "link": true, "expires_in_days": 0 }), "/expires_in_days"),
        (json!({ "card": "card", "link": true, "expires_in_days": 366 }), "/expires_in_days"),
        (json!({ "card": "card", "accounts": ["eddy", "nobody"] }), "/accounts/1"),
        (json!({ "card": "card", "link": true, "secret": "mine" }), "/secret"),
    ];
    for (new, pointer) in wrong {
        let answer = here.ask(Some(&here.editor.token), &what, &new).await;
        assert_eq!((answer.status, answer.pointer().as_str()), (422, pointer), "{new}");
    }
    let nowhere = json!({ "card": "nowhere", "link": true });
    assert_eq!(here.ask(Some(&here.editor.token), &what, &nowhere).await.status, 404);
}
