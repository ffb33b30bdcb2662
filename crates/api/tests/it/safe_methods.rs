//! What only reads changes nothing, so that nobody is made to change something by an address alone.

use api::router::declarations;
use serde_json::json;
use store::Sql;
use testkit::TestDatabase;

use crate::access::Place;
use crate::running::Running;

/// How many rows the one connection that writes has changed since the start.
const CHANGED: Sql = Sql::new("SELECT total_changes()");
const AUDITED: Sql = Sql::new("SELECT COUNT(*) FROM audit_log");
/// What a line of the audit log changes: itself, and the head of the chain.
const OF_A_LINE: i64 = 2;

#[tokio::test]
async fn no_get_changes_anything() {
    // What the handlers do is the same on either database; this one tells what it changed.
    let place = Place::on(Running::on(TestDatabase::on_file(), 50, 0).await).await;
    let server = &place.server;
    let confirmed =
        server.done("POST /api/v1/session/confirm", &json!({ "password": testkit::PASSWORD })).await;
    let token = confirmed["access_token"].as_str();
    // Exports and refusals are written down, and nothing beside that.
    let changed = async || {
        let counted = server.store.write(|conn| {
            let lines: i64 = conn.query_one(AUDITED, &[])?;
            Ok(conn.query_one::<i64>(CHANGED, &[])? - OF_A_LINE * lines)
        });
        counted.await.unwrap()
    };
    let mut read = 0;
    let mut before = changed().await;
    for declared in declarations().unwrap().iter().filter(|one| one.method == "GET") {
        let line = format!("GET {}", place.address(&declared.path, &[]));
        read += i32::from(place.status(token, &line, None).await == 200);
        let after = changed().await;
        // What model servers say that they have is kept for when they are away.
        if declared.operation != "list_models" {
            assert_eq!(after, before, "{line}");
        }
        before = after;
    }
    assert!(read > 50, "{read}");
}
