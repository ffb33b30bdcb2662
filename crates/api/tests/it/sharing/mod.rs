//! Letting others read one card or one run: what they see, what they do not, and when it ends.

mod accounts;
mod links;
mod void;

use std::ops::Deref;

use domain::caller::Caller;
use domain::ids::UserId;
use domain::permission::{ServerRole, WorkspaceRole};
use engine::people::{ClientInfo, NewAccount, SignIn, SignInOutcome};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::raw::{Answer, exchange, request};
use crate::running::{Running, W, run_of};
use crate::stream::Events;

/// A server with two cards, a run of the first, and an editor who shares.
struct Sharing {
    server: Running,
    editor: Person,
    run: String,
}

/// An account, signed in.
struct Person {
    id: UserId,
    token: String,
}

impl Deref for Sharing {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.server
    }
}

impl Sharing {
    async fn start() -> Self {
        Self::at(Running::start().await).await
    }

    async fn at(server: Running) -> Self {
        server.card_with_cases("card", 60).await;
        server.card_with_cases("other", 1).await;
        let run = server.done("POST /runs", &run_of("card")).await["id"].as_str().unwrap().to_owned();
        let events = format!("{W}/runs/{run}/events?after=0");
        Events::open(&server, &events, &[], None).await.until("run_finished").await;
        let editor = join(&server, "eddy", ServerRole::User, Some(WorkspaceRole::Editor)).await;
        Self { server, editor, run }
    }

    /// Asks as somebody, or as nobody; `what` is the method and the address.
    async fn ask(&self, token: Option<&str>, what: &str, body: &Value) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.iter().map(|bearer| ("authorization", bearer.as_str())));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        exchange(self.address(), &request(self.address(), what, &headers, body.as_bytes())).await
    }

    /// Shares as the editor.
    async fn share(&self, new: &Value) -> Value {
        let answer = self.ask(Some(&self.editor.token), &format!("POST {W}/shares"), new).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// The secret of a new link to the card or to the run, and the id of its share.
    async fn link(&self, what: &str) -> (String, String) {
        let mut new = json!({ "link": true });
        match what {
            "run" => new["run"] = json!(self.run),
            slug => new["card"] = json!(slug),
        }
        let made = self.share(&new).await;
        let secret = made["path"].as_str().unwrap().strip_prefix("/shared#").unwrap();
        (secret.to_owned(), made["share"]["id"].as_str().unwrap().to_owned())
    }

    async fn look(&self, secret: &str, part: &str, at: Option<i64>) -> Answer {
        let body = json!({ "secret": secret, "part": part, "at": at });
        self.ask(None, "POST /api/v1/shared/look", &body).await
    }

    /// A part that must be there.
    async fn part(&self, secret: &str, part: &str, at: Option<i64>) -> Value {
        let answer = self.look(secret, part, at).await;
        assert_eq!(answer.status, 200, "{part} {at:?}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer.json()
    }
}

/// An account that is signed in, and perhaps a member of `default`.
async fn join(server: &Running, name: &str, role: ServerRole, member: Option<WorkspaceRole>) -> Person {
    let (people, machine) = (server.engine.people(), Caller::machine());
    let new = NewAccount { name: name.to_owned(), email: None, password: testkit::PASSWORD.into() };
    let id = people.create_user(&machine, new, role).await.unwrap().id;
    if let Some(member) = member {
        let workspace = server.engine.workspace("default").await.unwrap();
        people.set_member(&machine, workspace, id, member).await.unwrap();
    }
    Person { id, token: token(server, name).await }
}

async fn token(server: &Running, name: &str) -> String {
    let (name, password) = (name.to_owned(), testkit::PASSWORD.into());
    let sign_in = SignIn { name, password, code: None, remember: false };
    match server.engine.people().sign_in(sign_in, &ClientInfo::default()).await.unwrap() {
        SignInOutcome::SignedIn(done) => done.access.token.expose_secret().to_owned(),
        SignInOutcome::SecondFactorNeeded => unreachable!("nobody has a second factor"),
    }
}

/// An answer without what is another one with every request.
fn lasting(mut answer: Answer) -> (u16, Vec<(String, String)>, String) {
    let id = answer.header("x-request-id").unwrap().to_owned();
    let varying = ["x-request-id", "date", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    answer.headers.retain(|(name, _)| !varying.contains(&name.as_str()));
    let body = answer.text().replace(&id, "");
    (answer.status, answer.headers, body)
}
