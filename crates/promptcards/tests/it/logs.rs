//! The log on standard error: what goes wrong stands there once, and what others write forges no line of it.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{ServerProcess, TestDatabase};

/// What would look like a line of the log, if it began one.
const FORGED: &str = "\n2026-11-28T00:00:00.000000Z  WARN forged: {\"level\":\"WARN\"}\r\n\u{1b}[2K";

/// Makes a server log a report of a browser and an error that nobody expected. Returns its log, and the request of the
/// error.
async fn logged(format: &str) -> (String, String) {
    let database = TestDatabase::on_file();
    let environment = [("PROMPTCARDS_LOG__FORMAT", format), ("PROMPTCARDS_LOG__LEVEL", "debug")];
    let binary = env!("CARGO_BIN_EXE_promptcards").as_ref();
    let server = ServerProcess::start(binary, database.folder(), &environment);
    let actor = &server.actor;
    let report = json!({ "csp-report": { "violated-directive": "img-src", "blocked-uri": FORGED } });
    actor.anonymous().post("/api/v1/csp-report", &report).await.expect(204);
    actor.post("W/cards", &json!({ "slug": "card", "title": "A card" })).await.expect(201);
    // A row that contradicts our rules, as no request can make one.
    let broken = rusqlite::Connection::open(database.folder().join("promptcards.db")).unwrap();
    broken.execute("UPDATE card_drafts SET content = ?1", [json!(FORGED).to_string()]).unwrap();
    let answer = actor.send(Method::GET, "W/cards/card/draft", &[], None).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (500, &json!("internal")));
    assert!(!answer.body.to_string().contains("forged"), "{}", answer.body);
    let request = answer.body["request_id"].as_str().unwrap().to_owned();
    actor.get("W/cards").await.expect(200);
    let log = server.log();
    assert!(server.stop().success());
    (log, request)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_is_json_and_what_nobody_expected_is_one_with_its_request() {
    let (log, request) = logged("json").await;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &lines {
        let known = ["timestamp", "level", "target", "fields"].iter().all(|name| !line[*name].is_null());
        assert!(known && line["target"] != "forged", "{line}");
    }
    let errors: Vec<&Value> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    let [error] = errors[..] else { panic!("{errors:#?}") };
    let fields = &error["fields"];
    assert_eq!((&fields["request_id"], &fields["status"]), (&json!(request), &json!(500)));
    assert_eq!(fields["path"], "/api/v1/workspaces/{ws}/cards/{slug}/draft");
    assert!(fields["cause"].as_str().unwrap().contains("invalid type"), "{error}");
    let reports = lines.iter().filter(|line| line["fields"]["directive"] == "img-src");
    assert_eq!(reports.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_a_file_is_lines_of_plain_text_that_nobody_forges() {
    let (log, request) = logged("text").await;
    assert_eq!(log.lines().filter(|line| line.contains(" ERROR ")).count(), 1, "{log}");
    assert!(log.lines().any(|line| line.contains(" ERROR ") && line.contains(&request)), "{log}");
    assert!(log.lines().any(|line| line.contains(" WARN ") && line.contains("img-src")), "{log}");
    assert!(!log.lines().any(|line| line.starts_with("2026-11-28T00:00:00.000000Z")), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}
