//! When a share ends, its link is answered like one that never was, byte for byte.

use engine::people::EditUser;
use store::Sql;

use super::*;
use crate::running::NOBODY;

const DAY: i64 = 24 * 60 * 60 * 1_000;
/// As long as a secret of ours.
const RANDOM: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// How many shares of runs there are.
const LEFT: Sql = Sql::new("SELECT COUNT(*) FROM shares WHERE run_id IS NOT NULL");

impl Sharing {
    async fn assert_link_void(&self, secret: &str, why: &str) {
        for part in ["whole", "version", "cases", "rows", "cell"] {
            let (answer, never) = (self.look(secret, part, None).await, self.look(RANDOM, part, None).await);
            assert_eq!(answer.status, 404, "{why}: {}", answer.text());
            assert_eq!(lasting(answer), lasting(never), "{why}");
        }
    }

    async fn set_editor(&self, role: Option<WorkspaceRole>) {
        let people = self.engine.people();
        let workspace = self.engine.workspace("default").await.unwrap();
        let (machine, id) = (Caller::machine(), self.editor.id);
        match role {
            Some(role) => drop(people.set_member(&machine, workspace, id, role).await.unwrap()),
            None => people.remove_member(&machine, workspace, id).await.unwrap(),
        }
    }

    async fn edit_editor(&self, edit: EditUser) {
        self.engine.people().edit_user(&Caller::machine(), self.editor.id, edit).await.unwrap();
    }
}

#[tokio::test]
async fn a_revoked_link_is_one_that_never_was() {
    let here = Sharing::start().await;
    for what in ["card", "run"] {
        let ((secret, id), (other, _)) = (here.link(what).await, here.link(what).await);
        here.part(&secret, "whole", None).await;
        let revoke = format!("DELETE {W}/shares/{id}");
        assert_eq!(here.ask(Some(&here.editor.token), &revoke, &Value::Null).await.status, 204);
        here.assert_link_void(&secret, what).await;
        here.part(&other, "whole", None).await;
    }
    for nonsense in ["", "x", &"x".repeat(10_000), "' OR '1'='1", NOBODY] {
        here.assert_link_void(nonsense, "nonsense").await;
    }
}

#[tokio::test]
async fn an_expired_link_is_one_that_never_was() {
    let here = Sharing::start().await;
    let guest = join(&here, "gina", ServerRole::Guest, None).await;
    let new = json!({ "card": "card", "link": true, "accounts": ["gina"], "expires_in_days": 2 });
    let made = here.share(&new).await;
    let secret = made["path"].as_str().unwrap().strip_prefix("/shared#").unwrap().to_owned();
    let path = format!("GET /api/v1/shared/{}", made["share"]["id"].as_str().unwrap());
    here.pass(2 * DAY - 60_000);
    here.part(&secret, "whole", None).await;
    let token = token(&here, "gina").await;
    assert_eq!(here.ask(Some(&token), &path, &Value::Null).await.status, 200);
    here.pass(60_000);
    here.assert_link_void(&secret, "expired").await;
    assert_eq!(here.ask(Some(&token), &path, &Value::Null).await.status, 404, "{}", guest.id);
    let list = here.ask(Some(&token), "GET /api/v1/shared", &Value::Null).await;
    assert_eq!(list.json()["items"], json!([]));
}

#[tokio::test]
async fn what_was_archived_or_deleted_is_not_shared() {
    let here = Sharing::start().await;
    let ((card, _), (run, _)) = (here.link("card").await, here.link("run").await);
    here.done("POST /cards/card/archive", &Value::Null).await;
    here.assert_link_void(&card, "archived").await;
    here.part(&run, "whole", None).await;
    here.done("POST /cards/card/restore", &Value::Null).await;
    here.part(&card, "whole", None).await;
    let delete = format!("DELETE /runs/{}", here.run);
    here.done(&delete, &Value::Null).await;
    here.assert_link_void(&run, "deleted").await;
    // Its rows go, and its shares with them.
    here.engine.sweep().await.unwrap();
    here.assert_link_void(&run, "removed").await;
    let left: i64 = here.store.read(|conn| conn.query_one(LEFT, &[])).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_link_lasts_as_long_as_its_maker_may_make_one() {
    let here = Sharing::start().await;
    let (secret, _) = here.link("card").await;
    here.set_editor(Some(WorkspaceRole::Viewer)).await;
    here.assert_link_void(&secret, "its maker is a viewer").await;
    let shares = here.read("/shares?card=card").await;
    assert_eq!(shares["items"][0]["works"], false, "who may make one sees that it is void");
    here.set_editor(Some(WorkspaceRole::Owner)).await;
    here.part(&secret, "whole", None).await;
    here.set_editor(None).await;
    here.assert_link_void(&secret, "its maker is no member").await;
    here.set_editor(Some(WorkspaceRole::Editor)).await;
    here.edit_editor(EditUser { disabled: Some(true), ..EditUser::default() }).await;
    here.assert_link_void(&secret, "its maker is disabled").await;
    here.edit_editor(EditUser { disabled: Some(false), role: Some(ServerRole::Guest) }).await;
    here.assert_link_void(&secret, "its maker is a guest").await;
    here.edit_editor(EditUser { disabled: None, role: Some(ServerRole::User) }).await;
    here.part(&secret, "whole", None).await;
}
