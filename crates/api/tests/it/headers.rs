//! The headers of every operation, whoever asks.

use api::router::declarations;

use crate::running::{NOBODY, Running};
use crate::server::expect_headers;

/// Operations whose answer is a page of its own, with the policy of one.
const PAGES: [&str; 2] = ["get_docs", "get_docs_style"];

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_with_the_headers_to_everybody() {
    let server = Running::start().await;
    let mut statuses = std::collections::BTreeSet::new();
    for declared in declarations().unwrap() {
        let mut path = declared.path.replace("{ws}", "default").replace("{slug}", "no-such-card");
        for (placeholder, value) in [("{number}", "1"), ("{position}", "0"), ("{label}", "production")] {
            path = path.replace(placeholder, value);
        }
        while let Some((before, rest)) = path.split_once('{') {
            path = format!("{before}{NOBODY}{}", rest.split_once('}').unwrap().1);
        }
        let line = format!("{} {path}", declared.method);
        let json = [("content-type", "application/json")];
        let bearer = server.signed();
        let mut signed = json.to_vec();
        signed.extend_from_slice(&bearer);
        // Without a body first: what changes something is refused, so that the next is still allowed to ask.
        for (headers, body) in [(&json[..], "{"), (&json, "{}"), (&signed, "{"), (&signed, "{}")] {
            let ends = declared.operation == "sign_out" || declared.operation.starts_with("end_");
            if ends && headers.len() > 1 {
                continue;
            }
            let bytes = crate::raw::request(server.address, &line, headers, body.as_bytes());
            let answer = crate::raw::exchange(server.address, &bytes).await;
            expect_headers(&answer, PAGES.contains(&declared.operation.as_str()));
            assert_eq!(answer.header("access-control-allow-origin"), None);
            assert_eq!(answer.header("strict-transport-security"), None);
            statuses.insert(answer.status);
        }
    }
    for status in [200, 400, 401, 404, 422] {
        assert!(statuses.contains(&status), "the operations were not reached: {statuses:?}");
    }
}
