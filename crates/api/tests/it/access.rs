//! Every operation for everybody who may come: what is answered is what `access.txt` says.

use std::collections::BTreeMap;
use std::fmt::Write;

use domain::caller::Caller;
use domain::ids::UserId;
use domain::permission::{Scope, ServerRole, WorkspaceRole};
use engine::people::{ClientInfo, NewAccount, NewApiKey, NewWorkspace, People, SignIn, SignInOutcome};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::raw::request;
use crate::running::{NOBODY, Running, run_of};
use crate::stream::Events;

const TABLE: &str = include_str!("access.txt");

/// A row of the table.
struct Row {
    operation: &'static str,
    /// One for each actor, in the order of the head.
    statuses: Vec<u16>,
    body: Option<&'static str>,
}

/// The names of the actors, and the rows.
fn table() -> (Vec<&'static str>, Vec<Row>) {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let actors: Vec<_> = lines.next().unwrap().split_whitespace().skip(1).collect();
    let row = |line: &'static str| {
        let (cells, body) = line.split_at(line.find('{').unwrap_or(line.len()));
        let mut cells = cells.split_whitespace();
        let operation = cells.next().unwrap();
        let statuses: Vec<u16> = cells.map(|cell| cell.parse().unwrap()).collect();
        assert_eq!(statuses.len(), actors.len(), "{operation}");
        Row { operation, statuses, body: Some(body).filter(|body| !body.is_empty()) }
    };
    let rows = lines.map(row).collect();
    (actors, rows)
}

/// Method and path of each operation.
fn operations() -> BTreeMap<String, (String, String)> {
    let document: Value = serde_json::from_str(&api::router::openapi().unwrap()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            operations.insert(name, (method.to_uppercase(), path.clone()));
        }
    }
    operations
}

/// Makes an account and signs it in. An access token comes back.
async fn account(people: &People, name: &str, role: ServerRole) -> (UserId, String) {
    let new = NewAccount { name: name.to_owned(), email: None, password: testkit::PASSWORD.into() };
    let user = people.create_user(&Caller::machine(), new, role).await.unwrap().id;
    let (name, password) = (name.to_owned(), testkit::PASSWORD.into());
    let sign_in = SignIn { name, password, code: None, remember: false };
    match people.sign_in(sign_in, &ClientInfo::default()).await.unwrap() {
        SignInOutcome::SignedIn(done) => (user, done.access.token.expose_secret().to_owned()),
        SignInOutcome::SecondFactorNeeded => unreachable!("nobody has a second factor"),
    }
}

async fn key(people: &People, user: UserId, scopes: &[Scope]) -> String {
    let (name, workspace) = ("a key".to_owned(), "default".to_owned());
    let new = NewApiKey { name, workspace, scopes: scopes.to_vec(), expires_in_days: 90, budget: None };
    let made = people.create_api_key_of_user(&Caller::machine(), user, new).await.unwrap();
    made.text.expose_secret().to_owned()
}

/// Everybody who may come, by what they are called in the table.
async fn everybody(server: &Running) -> BTreeMap<&'static str, String> {
    let (machine, workspace) = (Caller::machine(), server.engine.workspace("default").await.unwrap());
    let people = server.engine.people();
    let mut tokens = BTreeMap::new();
    tokens.insert("stale", account(people, "stale", ServerRole::Admin).await.1);
    // The token is still taken, because clocks may differ by 30 seconds.
    server.pass(5 * 60_000 + 5_000);
    let accounts = [
        ("guest", ServerRole::Guest, None),
        ("viewer", ServerRole::User, Some(WorkspaceRole::Viewer)),
        ("editor", ServerRole::User, Some(WorkspaceRole::Editor)),
        ("owner", ServerRole::User, Some(WorkspaceRole::Owner)),
        ("admin", ServerRole::Admin, None),
        ("stranger", ServerRole::User, None),
    ];
    for (name, role, member) in accounts {
        let (user, token) = account(people, name, role).await;
        if let Some(member) = member {
            people.set_member(&machine, workspace, user, member).await.unwrap();
        }
        tokens.insert(name, token);
    }
    let owner = people.find_user("owner").await.unwrap().id;
    tokens.insert("key", key(people, owner, &Scope::ALL).await);
    tokens.insert("only export", key(people, owner, &[Scope::Export]).await);
    tokens.insert("only cards", key(people, owner, &[Scope::CardsRead]).await);
    let stranger = people.authenticate_access(&tokens["stranger"]).await.unwrap();
    let other = NewWorkspace { slug: "other".to_owned(), name: "Other".to_owned() };
    people.create_workspace(&stranger, other).await.unwrap();
    tokens
}

/// A server with something for each placeholder, and everybody who may come.
pub(crate) struct Place {
    pub(crate) server: Running,
    tokens: BTreeMap<&'static str, String>,
    placeholders: BTreeMap<&'static str, String>,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::on(Running::start().await).await
    }

    pub(crate) async fn on(server: Running) -> Self {
        let tokens = everybody(&server).await;
        let someone = account(server.engine.people(), "someone", ServerRole::User).await.0;
        let suite = server.card_with_cases("card", 1).await;
        let case = server.read(&format!("/suites/{suite}/cases")).await["items"][0]["id"].clone();
        server.done("PUT /cards/card/labels/production", &json!({ "version": 1 })).await;
        let run = server.done("POST /runs", &run_of("card")).await["id"].as_str().unwrap().to_owned();
        let events = format!("/api/v1/workspaces/default/runs/{run}/events?after=0");
        Events::open(&server, &events, &[], None).await.until("run_finished").await;
        let providers = server.read("/providers").await;
        let simulated = providers["items"].as_array().unwrap().iter().find(|one| one["name"] == "simulated");
        let placeholders = BTreeMap::from([
            ("ws", "default".to_owned()),
            ("slug", "card".to_owned()),
            ("label", "production".to_owned()),
            ("number", "1".to_owned()),
            ("suite", suite),
            ("case", case.as_str().unwrap().to_owned()),
            ("provider", simulated.unwrap()["id"].as_str().unwrap().to_owned()),
            ("model", "simulated-small".to_owned()),
            ("pull", NOBODY.to_owned()),
            ("run", run),
            ("position", "0".to_owned()),
            ("user", someone.to_string()),
            ("session", NOBODY.to_owned()),
            ("key", NOBODY.to_owned()),
            ("endpoint", NOBODY.to_owned()),
            ("dependency", NOBODY.to_owned()),
            ("share", NOBODY.to_owned()),
        ]);
        Self { server, tokens, placeholders }
    }

    /// The same, where a run never ends, and is not there.
    pub(crate) async fn with_endless_models() -> Self {
        let server = Running::with_models(1, 3_600_000).await;
        let tokens = everybody(&server).await;
        server.card_with_cases("card", 1).await;
        Self { server, tokens, placeholders: BTreeMap::new() }
    }

    pub(crate) fn token(&self, actor: &str) -> &str {
        &self.tokens[actor]
    }

    /// The address of an operation, with something in the place of each placeholder.
    pub(crate) fn address(&self, path: &str, other: &[(&str, &str)]) -> String {
        let segments = path.split('/').map(|segment| {
            let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
                return segment;
            };
            let other = other.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
            other.unwrap_or_else(|| &self.placeholders[name])
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// What is answered to somebody, without waiting for the end of it: a stream has none.
    pub(crate) async fn status(&self, token: Option<&str>, line: &str, body: Option<&str>) -> u16 {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers: Vec<(&str, &str)> =
            bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        headers.extend(body.map(|_| ("content-type", "application/json")));
        let address = self.server.address();
        let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
        let bytes = request(address, line, &headers, body.unwrap_or_default().as_bytes());
        stream.write_all(&bytes).await.unwrap();
        let mut first = String::new();
        stream.read_line(&mut first).await.unwrap();
        first.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn every_operation_answers_everybody_as_the_table_says() {
    let ((actors, rows), operations) = (table(), operations());
    let declared = api::router::declarations().unwrap();
    let place = Place::new().await;
    let mut wrong = String::new();
    for Row { operation, statuses, body } in &rows {
        let Some((method, path)) = operations.get(*operation) else {
            writeln!(wrong, "{operation}: there is no such operation").unwrap();
            continue;
        };
        let scope = declared.iter().find(|one| one.operation == *operation).unwrap().permission.scope();
        let bare = if scope == Some(Scope::Export) { "only cards" } else { "only export" };
        let line = format!("{method} {}", place.address(path, &[]));
        for (actor, expected) in actors.iter().zip(statuses) {
            let token = match *actor {
                "anonymous" => None,
                "bare" => Some(place.token(bare)),
                actor => Some(place.token(actor)),
            };
            let answered = place.status(token, &line, *body).await;
            if answered != *expected {
                writeln!(wrong, "{operation} for {actor}: {answered} and not {expected}").unwrap();
            }
            if *operation == "remove_label" && answered == 204 {
                let label = json!({ "version": 1 });
                place.server.done("PUT /cards/card/labels/production", &label).await;
            }
        }
    }
    for operation in operations.keys().filter(|name| !rows.iter().any(|row| row.operation == **name)) {
        writeln!(wrong, "{operation} has no row in access.txt").unwrap();
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What the address says beyond the workspace is never looked at for a stranger: each answer is that for a workspace
/// which is not there, and in the stranger's own workspace that for an id which nothing has.
#[tokio::test]
async fn what_is_foreign_is_told_from_what_is_not_there_by_nobody() {
    let place = Place::new().await;
    let bearer = format!("Bearer {}", place.token("stranger"));
    let ask = async |line: &str| {
        let headers = [("authorization", bearer.as_str())];
        let sent = request(place.server.address(), line, &headers, b"");
        let mut answer = crate::raw::exchange(place.server.address(), &sent).await;
        let id = answer.header("x-request-id").unwrap().to_owned();
        // What is left to the caller falls with every request.
        let varying = ["x-request-id", "date", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"];
        answer.headers.retain(|(name, _)| !varying.contains(&name.as_str()));
        let body = String::from_utf8(std::mem::take(&mut answer.body)).unwrap();
        (answer.status, answer.headers, body.replace(&id, ""))
    };
    let ids = ["suite", "case", "run", "provider", "user"];
    let mut compared = 0;
    for (operation, (method, path)) in operations() {
        if !path.contains("{ws}") {
            continue;
        }
        let foreign = ask(&format!("{method} {}", place.address(&path, &[]))).await;
        let nowhere = ask(&format!("{method} {}", place.address(&path, &[("ws", "nowhere")]))).await;
        let (status, headers, body) = nowhere;
        if foreign.0 != 403 {
            assert_eq!(foreign.0, 404, "{operation}");
            assert_eq!(foreign, (status, headers, body.replace("nowhere", "default")), "{operation}");
        }
        let Some(name) = ids.iter().find(|name| path.contains(&format!("{{{name}}}"))) else { continue };
        let id = place.placeholders[name].clone();
        let there = ask(&format!("{method} {}", place.address(&path, &[("ws", "other")]))).await;
        let random = place.address(&path, &[("ws", "other"), (name, NOBODY)]);
        let (status, headers, body) = ask(&format!("{method} {random}")).await;
        assert_eq!(there, (status, headers, body.replace(NOBODY, &id)), "{operation}");
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}
