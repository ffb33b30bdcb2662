//! A server of a few routes of its own, built by the same functions as the real one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use api::door::{Door, Reach, TrustedProxies};
use api::extract::{Create, Cursor, IMPORT_LIMIT, IfMatch, Json, PageLimit, Path, Query};
use api::routes::{RateTier, Routes};
use api::serve::Connections;
use api::spa::Site;
use api::{router, serve, sse};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use domain::ids::{IdSource, RunId};
use domain::permission::Permission;
use engine::Frame;
use futures_util::{StreamExt, stream};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa::openapi::{Info, OpenApi};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use crate::raw::{Answer, chunked, exchange, request};

/// 1, 2, 3 … as ids.
#[derive(Default)]
pub(crate) struct CountedIds(AtomicU64);

impl CountedIds {
    /// Ids after this number, for another instance.
    pub(crate) fn after(number: u64) -> Self {
        Self(AtomicU64::new(number))
    }
}

impl IdSource for CountedIds {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed) + 1))
    }
}

/// The headers that every response has, besides its policy.
const HEADERS: [(&str, &str); 9] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("x-xss-protection", "0"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("origin-agent-cluster", "?1"),
    ("reporting-endpoints", "csp=\"/api/v1/csp-report\""),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=(), display-capture=()",
    ),
];

/// Holds an answer of the page, or of the API, against what every response must have.
#[track_caller]
pub(crate) fn expect_headers(answer: &Answer, of_the_page: bool) {
    for (name, value) in HEADERS {
        assert_eq!(answer.header(name), Some(value), "{name} of {answer:?}");
    }
    assert_eq!(answer.header("server"), None);
    assert_eq!(answer.header("x-powered-by"), None);
    assert!(answer.header("x-request-id").is_some());
    let policy = answer.header("content-security-policy").unwrap();
    let of_the_api = policy == "default-src 'none'; frame-ancestors 'none'; sandbox";
    assert_eq!(of_the_api, !of_the_page, "{policy}");
    assert_eq!(answer.header("cache-control") == Some("no-store"), !of_the_page, "{answer:?}");
}

/// What the routes below share.
#[derive(Clone)]
struct TestState {
    closing: CancellationToken,
    /// Told when a request has come to the handler of `/never`.
    entered: Arc<Notify>,
}

#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    #[garde(length(min = 1, max = 20))]
    pub(crate) title: String,
    #[serde(default)]
    #[garde(dive)]
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    #[garde(length(max = 5))]
    pub(crate) text: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Import {
    #[garde(skip)]
    pub(crate) items: Vec<String>,
}

#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    #[garde(length(max = 10))]
    search: Option<String>,
    #[garde(skip)]
    archived: bool,
    #[garde(skip)]
    cursor: Option<Cursor>,
    #[garde(skip)]
    limit: PageLimit,
}

/// Send a note back
#[utoipa::path(post, path = "/echo", request_body = Note, responses((status = 200, body = Note)))]
async fn echo(Json(note): Json<Note>) -> Json<Note> {
    Json(note)
}

/// Count what is imported
#[utoipa::path(post, path = "/import", request_body = Import, responses((status = 200, body = Value)))]
async fn import(Json(import): Json<Import, IMPORT_LIMIT>) -> Json<Value> {
    Json(json!({ "created": import.items.len() }))
}

/// Show how a repetition is recognised
#[utoipa::path(post, path = "/runs/{run}/create", request_body = Note, responses((status = 200, body = Value)))]
async fn create(Path(_run): Path<RunId>, create: Create<Note>) -> Json<Value> {
    let key = create.idempotency;
    Json(json!({
        "title": create.body.title,
        "key": key.as_ref().map(|key| &key.key),
        "scope": key.as_ref().map(|key| &key.scope),
        "fingerprint": key.as_ref().map(|key| &key.fingerprint),
    }))
}

/// Show a run
#[utoipa::path(get, path = "/runs/{run}", responses((status = 200, body = String)))]
async fn show(Path(run): Path<RunId>) -> String {
    run.to_string()
}

/// Edit a run
#[utoipa::path(put, path = "/runs/{run}", responses((status = 200, body = Value)))]
async fn edit(Path(_run): Path<RunId>, IfMatch(revision): IfMatch) -> Json<Value> {
    Json(json!({ "revision": revision }))
}

/// Show what was asked for
#[utoipa::path(get, path = "/list", params(ListQuery), responses((status = 200, body = Value)))]
async fn list(Query(query): Query<ListQuery>) -> api::problem::Result<Json<Value>> {
    let after: Option<(i64, String)> = query.cursor.as_ref().map(Cursor::decode).transpose()?;
    Ok(Json(json!({
        "limit": query.limit.get(), "search": query.search, "archived": query.archived, "after": after,
        "next": Cursor::encode(&(7, "x"))?,
    })))
}

/// Panic
#[utoipa::path(get, path = "/panic", responses((status = 200)))]
#[expect(clippy::panic, reason = "this is what the route is for")]
async fn panics() {
    panic!("the secret 4711 is in this message");
}

/// Never answer
#[utoipa::path(get, path = "/never", responses((status = 200)))]
async fn never(State(state): State<TestState>) {
    state.entered.notify_one();
    std::future::pending::<()>().await;
}

/// Send one event and wait
#[utoipa::path(get, path = "/events", responses((status = 200)))]
async fn events(State(state): State<TestState>) -> Response {
    let first = Frame { number: 1, event: "run_started", data: r#"{"number":1}"#.into() };
    sse::response(stream::iter([first]).chain(stream::pending()), state.closing)
}

fn test_routes() -> Routes<TestState> {
    let mut map = Routes::new(OpenApi::builder().info(Info::new("test", "1")).build());
    map.add(Permission::Anyone, RateTier::General, routes!(echo));
    map.add(Permission::Anyone, RateTier::General, routes!(import));
    map.add(Permission::Anyone, RateTier::General, routes!(create));
    map.add(Permission::Anyone, RateTier::General, routes!(show));
    map.add(Permission::Anyone, RateTier::General, routes!(edit));
    map.add(Permission::Anyone, RateTier::General, routes!(list));
    map.add(Permission::Anyone, RateTier::General, routes!(panics));
    map.add(Permission::Anyone, RateTier::General, routes!(never));
    map.add(Permission::Anyone, RateTier::General, routes!(events));
    map
}

/// The files of a page as Vite builds them.
pub(crate) fn site() -> Arc<Site> {
    let index =
        r#"<meta property="csp-nonce" nonce="__CSP_NONCE__"><script src="/a.js" nonce="__CSP_NONCE__">"#;
    let script = format!("console.log({:?})", "x".repeat(4_000));
    let files = [("index.html", index), ("assets/index-1a2b.js", script.as_str()), ("icon.svg", "<svg/>")];
    Arc::new(Site::from_files(files.map(|(path, text)| (path.to_owned(), text.to_owned().into()))))
}

/// The routes behind the door, as one service.
pub(crate) fn test_router(door: &Arc<Door>, closing: CancellationToken, entered: Arc<Notify>) -> Router {
    let (router, _, _) = test_routes().finish().unwrap();
    router::guarded(router.with_state(TestState { closing, entered }), site(), door)
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) door: Arc<Door>,
    pub(crate) closing: CancellationToken,
    pub(crate) tasks: TaskTracker,
    /// Told when a request has come to the handler of `/never`.
    pub(crate) entered: Arc<Notify>,
    /// What every request shows.
    pub(crate) bearer: Option<String>,
}

impl Server {
    /// A server of the routes above.
    pub(crate) async fn start() -> Self {
        let entered = Arc::new(Notify::new());
        let told = Arc::clone(&entered);
        let server = Self::of(|door, closing| test_router(door, closing.clone(), told)).await;
        Self { entered, ..server }
    }

    /// A server of any router.
    pub(crate) async fn of(router: impl FnOnce(&Arc<Door>, &CancellationToken) -> Router) -> Self {
        Self::behind(TrustedProxies::default(), router).await
    }

    /// The same behind these proxies.
    pub(crate) async fn behind(
        proxies: TrustedProxies,
        router: impl FnOnce(&Arc<Door>, &CancellationToken) -> Router,
    ) -> Self {
        // Every client of a test comes from one address.
        let connections =
            Connections { per_address: 100_000, proxies: proxies.clone(), ..Connections::default() };
        let reach = |port| {
            let mut reach = Reach::loopback(port);
            reach.proxies = proxies;
            reach
        };
        Self::with(connections, reach, router).await
    }

    /// The same that is reached, and takes connections, in this way.
    pub(crate) async fn with(
        connections: Connections,
        reach: impl FnOnce(u16) -> Reach,
        router: impl FnOnce(&Arc<Door>, &CancellationToken) -> Router,
    ) -> Self {
        let listener = serve::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let door = Door::new(Arc::new(CountedIds::default()), reach(address.port()));
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        let router = router(&door, &closing);
        tasks.spawn(serve::serve(listener, router, connections, closing.clone()));
        tasks.close();
        Self { address, door, closing, tasks, entered: Arc::default(), bearer: None }
    }

    /// The header by which a request is that of the admin.
    pub(crate) fn signed(&self) -> Vec<(&str, &str)> {
        self.bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[], b"").await
    }

    /// Posts a body as JSON.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(&format!("POST {path}"), &[("content-type", "application/json")], body.as_bytes()).await
    }

    /// Posts a body as JSON in chunks.
    pub(crate) async fn post_chunked(&self, path: &str, body: &[u8]) -> Answer {
        exchange(self.address, &chunked(self.address, &format!("POST {path}"), body)).await
    }

    /// Sends a request line with headers and a body.
    pub(crate) async fn send(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = self.signed();
        all.extend_from_slice(headers);
        exchange(self.address, &request(self.address, line, &all, body)).await
    }
}
