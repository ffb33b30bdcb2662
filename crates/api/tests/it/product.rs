//! The real URL map over an engine whose database is in memory.

use std::sync::Arc;

use api::router::router;
use api::state::ApiState;
use domain::clock::{Clock, Millis};
use engine::audit::AuditSettings;
use engine::people::AuthSettings;
use engine::retention::RetentionSettings;
use engine::secrets::{MasterKey, Sealer};
use engine::{Engine, Parts};
use llm::{ProviderKind, ProviderSettings, ProvidersSettings, Registry};
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::server::{CountedIds, Server, site};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Millis {
        1_760_000_000_000
    }
}

async fn start() -> Server {
    let clock: Arc<dyn Clock> = Arc::new(Noon);
    let providers = ProvidersSettings(vec![ProviderSettings::new("simulated", ProviderKind::Simulated)]);
    let store = Store::open_in_place().unwrap();
    let limits = testkit::limits(testkit::plenty(), &clock);
    let cache = testkit::cache(&clock);
    let parts = Parts {
        providers: Registry::new(&providers, &clock, 1).unwrap(),
        sealer: Sealer::new(&store, &clock, MasterKey::draw().unwrap()),
        audit: AuditSettings::default(),
        store,
        clock,
        ids: Arc::new(CountedIds::default()),
        runs: engine::runs::RunsSettings::default(),
        retention: RetentionSettings::default(),
        auth: AuthSettings::default(),
        limits,
        cache,
    };
    let engine = Engine::start(parts, &TaskTracker::new(), &CancellationToken::new()).await.unwrap();
    Server::of(|door, closing| router(ApiState::new(engine, closing.clone()), site(), door).unwrap()).await
}

#[tokio::test]
async fn probes_answer() {
    let server = start().await;
    assert_eq!(server.get("/livez").await.json()["status"], "pass");
    assert_eq!(server.get("/readyz").await.json()["status"], "pass");
}

#[tokio::test]
async fn the_documentation_is_a_page_without_scripts() {
    let server = start().await;
    let page = server.get("/api/docs").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("GET /readyz") && page.text().contains("id=\"precondition_required\""));
    assert!(!page.text().contains("<script") && !page.text().contains("style="));
    assert!(page.header("content-security-policy").unwrap().contains("style-src 'self';"));
    assert_eq!(server.get("/api/docs.css").await.header("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(server.get("/api/v1/openapi.json").await.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn reports_of_browsers_are_taken() {
    let server = start().await;
    let report = br#"[{"type":"csp-violation","body":{"blockedURL":"http://evil.example/x?y"}}]"#;
    let send = async |media_type: &str, body: &[u8]| {
        server.send("POST /api/v1/csp-report", &[("content-type", media_type)], body).await
    };
    assert_eq!(send("application/reports+json", report).await.status, 204);
    assert_eq!(send("application/csp-report", br#"{"csp-report":{}}"#).await.status, 204);
    assert_eq!(send("text/plain", report).await.code(), "unsupported_media_type");
    for other in [&b"[null]"[..], b"[{}, 1]", b"7", b"\"text\""] {
        assert_eq!(send("application/reports+json", other).await.code(), "invalid", "{other:?}");
    }
    let large = format!("[{}]", "1,".repeat(8 * 1024) + "1");
    assert_eq!(send("application/reports+json", large.as_bytes()).await.code(), "body_too_large");
}
