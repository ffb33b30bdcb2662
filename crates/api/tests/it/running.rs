//! The real URL map over a real engine: its database in a folder of its own, its models simulated.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::door::TrustedProxies;
use api::router::router;
use api::state::ApiState;
use domain::clock::{Clock, Millis};
use engine::audit::AuditSettings;
use engine::limits::{Limits, LimitsSettings};
use engine::people::AuthSettings;
use engine::retention::RetentionSettings;
use engine::{Engine, Parts};
use llm::{Latency, ProviderKind, ProviderSettings, ProvidersSettings, Registry};
use serde_json::{Value, json};
use store::Store;
use testkit::{TestDatabase, limits, plenty};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::raw::Answer;
use crate::server::{CountedIds, Server, site};

/// Everything of the only workspace lies under it.
pub(crate) const W: &str = "/api/v1/workspaces/default";
/// An id that nothing has.
pub(crate) const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Goes on by a millisecond with every third look, so that some things happen at the same time.
#[derive(Default)]
struct Steps(AtomicI64);

impl Clock for Steps {
    fn now(&self) -> Millis {
        1_767_268_800_000 + self.0.fetch_add(1, Ordering::Relaxed) / 3
    }
}

/// A running server.
pub(crate) struct Running {
    server: Server,
    pub(crate) engine: Arc<Engine>,
    /// Its database, past the engine.
    pub(crate) store: Store,
    steps: Arc<Steps>,
    _stop: DropGuard,
    database: Arc<TestDatabase>,
}

impl Deref for Running {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Running {
    /// A server whose simulated models answer at once.
    pub(crate) async fn start() -> Self {
        Self::with_models(50, 0).await
    }

    /// A server whose simulated models take so many calls at once, each for so many milliseconds. Its Ollama
    /// is not there.
    pub(crate) async fn with_models(concurrency: u32, latency_ms: u64) -> Self {
        Self::on(TestDatabase::new(), concurrency, latency_ms).await
    }

    /// A server with these limits, counted by `clock`, behind these proxies.
    pub(crate) async fn limited(settings: LimitsSettings, clock: &Arc<dyn Clock>, proxies: &[&str]) -> Self {
        let proxies = TrustedProxies::new(proxies.iter().map(|network| network.parse().unwrap()).collect());
        let database = Arc::new(TestDatabase::new());
        Self::made_of(database, CountedIds::default(), (50, 0), limits(settings, clock), proxies).await
    }

    /// The same on this database.
    pub(crate) async fn on(database: TestDatabase, concurrency: u32, latency_ms: u64) -> Self {
        Self::instance(Arc::new(database), CountedIds::default(), concurrency, latency_ms).await
    }

    /// Another instance on the same database, which must be on a server.
    pub(crate) async fn beside(&self) -> Self {
        Self::instance(Arc::clone(&self.database), CountedIds::after(1 << 32), 4, 0).await
    }

    /// The server that starts on the same database after this one. It draws other ids.
    pub(crate) async fn restart(self) -> Self {
        self.store.close(Duration::from_mins(1)).await.unwrap();
        let database = Arc::clone(&self.database);
        drop(self);
        Self::instance(database, CountedIds::after(1 << 40), 4, 0).await
    }

    async fn instance(
        database: Arc<TestDatabase>,
        ids: CountedIds,
        concurrency: u32,
        latency_ms: u64,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Steps::default());
        let limits = limits(plenty(), &clock);
        Self::made_of(database, ids, (concurrency, latency_ms), limits, TrustedProxies::default()).await
    }

    async fn made_of(
        database: Arc<TestDatabase>,
        ids: CountedIds,
        (concurrency, latency_ms): (u32, u64),
        limits: Arc<Limits>,
        proxies: TrustedProxies,
    ) -> Self {
        let steps = Arc::new(Steps::default());
        let clock: Arc<dyn Clock> = Arc::clone(&steps) as _;
        let mut simulated = ProviderSettings::new("simulated", ProviderKind::Simulated);
        simulated.concurrency = Some(concurrency);
        simulated.latency = Some(Latency { min_ms: latency_ms, max_ms: latency_ms });
        let mut ollama = ProviderSettings::new("ollama", ProviderKind::Ollama);
        // A port that needs privileges, where nothing listens.
        ollama.base_url = Some("http://127.0.0.1:1".to_owned());
        let providers = ProvidersSettings(vec![ollama, simulated]);
        let settings = database.settings();
        let store = Store::open(settings).unwrap();
        let cache = testkit::cache(&clock);
        let parts = Parts {
            store: store.clone(),
            providers: Registry::new(&providers, &clock, 1).unwrap(),
            sealer: testkit::sealer(database.folder(), &store, &clock).await,
            audit: AuditSettings::default(),
            clock,
            ids: Arc::new(ids),
            runs: engine::runs::RunsSettings::default(),
            retention: RetentionSettings::default(),
            auth: AuthSettings::default(),
            limits,
            cache,
        };
        let stop = CancellationToken::new();
        let engine = Engine::start(parts, &TaskTracker::new(), &stop).await.unwrap();
        let of_routes = Arc::clone(&engine);
        let server = Server::behind(proxies, |door, closing| {
            router(ApiState::new(of_routes, closing.clone()), site(), door).unwrap()
        });
        let bearer = Some(format!("Bearer {}", testkit::sign_in(engine.people()).await));
        let server = Server { bearer, ..server.await };
        Self { server, engine, store, steps, _stop: stop.drop_guard(), database }
    }

    pub(crate) fn is_on_database_server(&self) -> bool {
        self.database.is_on_server()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Lets so many milliseconds pass on the server's clock.
    pub(crate) fn pass(&self, ms: i64) {
        self.steps.0.fetch_add(3 * ms, Ordering::Relaxed);
    }

    /// Sends JSON under headers; `what` is the method and the address, below the workspace if it is short.
    pub(crate) async fn call(&self, what: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let (method, path) = what.split_once(' ').unwrap();
        let path = if path.starts_with("/api") { path.to_owned() } else { format!("{W}{path}") };
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(&format!("{method} {path}"), &all, body.as_bytes()).await
    }

    /// Reads what must be there.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.call(&format!("GET {path}"), &[], &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Sends what must be accepted.
    pub(crate) async fn done(&self, what: &str, body: &Value) -> Value {
        let answer = self.call(what, &[], body).await;
        assert!((200..300).contains(&answer.status), "{what}: {}", answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    /// The ETag of something, as it was received.
    pub(crate) async fn etag(&self, path: &str) -> String {
        let answer = self.call(&format!("GET {path}"), &[], &Value::Null).await;
        answer.header("etag").unwrap().to_owned()
    }

    /// Makes a card whose prompt is `template`, without a version.
    pub(crate) async fn draft(&self, slug: &str, template: &str) -> Value {
        let new = json!({ "slug": slug, "title": format!("The card {slug}"), "content": text(template) });
        self.done("POST /cards", &new).await
    }

    /// Saves the draft of a card as a version.
    pub(crate) async fn save(&self, slug: &str) -> Value {
        let etag = self.etag(&format!("/cards/{slug}/draft")).await;
        let what = format!("POST /cards/{slug}/versions");
        let answer = self.call(&what, &[("if-match", &etag)], &json!({ "message": "Why." })).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// Changes the draft of a card to `template` and saves it.
    pub(crate) async fn save_as(&self, slug: &str, template: &str) -> Value {
        let path = format!("/cards/{slug}/draft");
        let etag = self.etag(&path).await;
        let body = json!({ "content": text(template) });
        let answer = self.call(&format!("PUT {path}"), &[("if-match", &etag)], &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.save(slug).await
    }

    /// Makes a card with a version that repeats the variable `word`, and so many cases. The suite comes back.
    pub(crate) async fn card_with_cases(&self, slug: &str, cases: usize) -> String {
        let card = self.draft(slug, "Say {{ word }}.").await;
        self.save(slug).await;
        let suite = card["suite_id"].as_str().unwrap().to_owned();
        let items: Vec<Value> = (0..cases)
            .map(|number| json!({ "description": format!("case {number}"), "variables": { "word": number } }))
            .collect();
        if !items.is_empty() {
            self.done(&format!("POST /suites/{suite}/cases/import"), &json!({ "items": items })).await;
        }
        suite
    }

    /// All items of a list, page by page of `limit`; none comes twice, and a page with a next one is full.
    pub(crate) async fn walk(&self, path: &str, limit: usize) -> Vec<Value> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.read(&format!("{path}{sign}limit={limit}{cursor}")).await;
            let found = page["items"].as_array().unwrap();
            assert!(found.len() <= limit && (items.is_empty() || !found.is_empty()), "{path} by {limit}");
            items.extend(found.iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { break };
            assert_eq!(found.len(), limit, "{path}: a page with a next one is full");
            cursor = format!("&cursor={next}");
        }
        let different: HashSet<String> = items.iter().map(Value::to_string).collect();
        assert_eq!(different.len(), items.len(), "{path} by {limit} has a copy");
        items
    }
}

/// A text card's content.
pub(crate) fn text(template: &str) -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": template }] }],
    })
}

/// A run of the latest version of one card on the model that never errs.
pub(crate) fn run_of(slug: &str) -> Value {
    json!({
        "card_versions": [{ "slug": slug }],
        "models": [{ "provider": "simulated", "model": "simulated-large" }],
    })
}
