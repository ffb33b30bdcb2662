//! A real Prometheus, started from `deploy/prometheus`, beside a server that has done real work: every rule can be
//! evaluated, and every panel of the dashboards has an answer.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use fake_ollama::{FakeOllama, Options};
use reqwest::{Client, Url};
use serde_json::{Value, json};
use testkit::{Actor, ServerProcess};
use tokio::time::Instant;

use super::metrics::{missing, names_asked, panels};
use super::{Ended, free_port, project, read, replaced};

/// How long Prometheus may take until it has asked often enough.
const PATIENCE: Duration = Duration::from_mins(1);
/// Panels that have no answer here: no request of this test ends in an error, nothing is refused for being too much, no
/// alert fires.
const WITHOUT_DATA: [&str; 3] = ["Alerts", "Routes with errors", "Shed"];

/// Prometheus, and how to ask it.
struct Prometheus {
    _process: Ended,
    client: Actor,
    address: String,
}

impl Prometheus {
    /// None: it is not installed, which is said.
    fn start(folder: &Path, metrics: u16) -> Option<Self> {
        let port = free_port();
        let configuration = replaced(
            &read("deploy/prometheus/prometheus.yml"),
            &[
                // There is no name service in a test.
                (
                    "    dns_sd_configs:\n      - names: [promptcards]\n        type: A\n        port: 9464\n        \
                     refresh_interval: 15s\n",
                    format!("    static_configs: [{{ targets: [\"127.0.0.1:{metrics}\"] }}]\n"),
                ),
                ("_interval: 15s", "_interval: 1s".to_owned()),
                ("localhost:9090", format!("127.0.0.1:{port}")),
            ],
        );
        fs::create_dir(folder.join("rules")).unwrap();
        fs::write(folder.join("prometheus.yml"), configuration).unwrap();
        let rules = "rules/promptcards.yaml";
        fs::copy(project().join("deploy/prometheus").join(rules), folder.join(rules)).unwrap();
        let mut command = Command::new("prometheus");
        command.args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=error"]);
        command.arg(format!("--web.listen-address=127.0.0.1:{port}")).current_dir(folder);
        let Ok(process) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
            testkit::not_run("a real Prometheus", "prometheus is not installed");
            return None;
        };
        let address = format!("http://127.0.0.1:{port}");
        promptcards::install_cryptography();
        let client = Actor::by(Client::builder().no_proxy().build().unwrap(), &address);
        Some(Self { _process: Ended(process), client, address })
    }

    async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let url = Url::parse_with_params(&format!("{}{path}", self.address), parameters).unwrap();
        let path = url.as_str().strip_prefix(&self.address).unwrap();
        match self.client.try_send(reqwest::Method::GET, path, &[], None).await {
            Some(answer) => answer.body["data"].clone(),
            None => Value::Null,
        }
    }

    /// How many series answer a question now.
    async fn answers(&self, question: &str) -> usize {
        let question = question.replace("$__rate_interval", "10s");
        self.get("/api/v1/query", &[("query", &question)]).await["result"].as_array().map_or(0, Vec::len)
    }
}

async fn work(actor: &Actor) {
    let card = actor.echo_card().await;
    let case =
        |number| json!({ "variables": { "word": format!("word {number}") }, "expected_output": "word 1" });
    actor.cases(&card, &(0..20).map(case).collect::<Vec<Value>>()).await;
}

/// What leaves a line in every metric that people and programs cause.
async fn go_on(actor: &Actor, round: usize) {
    let run = actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    actor.finish(&run).await;
    let again = json!({
        "card_versions": [{ "slug": "echo" }], "models": [{ "provider": "ollama", "model": "llama3.2:latest" }],
        "cache": true,
    });
    let again = actor.post("W/runs", &again).await.expect(202);
    actor.finish(&again).await;
    let rows = format!("W/runs/{}/rows?show=fail", run["id"].as_str().unwrap());
    actor.get(&rows).await.expect(200);
    // Of one name alone each failure would take longer.
    let wrong = json!({ "name": format!("nobody-{round}"), "password": "not the password of anybody" });
    actor.anonymous().post("/api/v1/session", &wrong).await;
    actor.get("W/export").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_is_evaluated_and_every_panel_has_an_answer() {
    if !cfg!(target_os = "linux") {
        testkit::not_run("a real Prometheus", "the figures of the process are those of Linux");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let metrics = free_port();
    let Some(prometheus) = Prometheus::start(folder.path(), metrics) else { return };
    let ollama = FakeOllama::start(Options::default()).unwrap();
    let (models, listen) = (ollama.url(), format!("127.0.0.1:{metrics}"));
    let data = tempfile::tempdir().unwrap();
    let environment = [
        ("OLLAMA_HOST", models.as_str()),
        ("PROMPTCARDS_SERVER__METRICS_LISTEN", &listen),
        // One export is let through, so that a limit is reached.
        ("PROMPTCARDS_LIMITS__EXPORT", "1"),
        ("PROMPTCARDS_BACKUP__FOLDER", "backups"),
        ("PROMPTCARDS_BACKUP__UNENCRYPTED", "true"),
        ("PROMPTCARDS_BACKUP__DRILL_INTERVAL_S", "1"),
    ];
    let server = ServerProcess::start(env!("CARGO_BIN_EXE_promptcards").as_ref(), data.path(), &environment);
    work(&server.actor).await;

    // What changes is seen by Prometheus from its second look on: so it goes on until every panel has an answer.
    let began = Instant::now();
    let mut open: Vec<(String, String)> = Vec::new();
    for panel in panels().into_iter().filter(|panel| !WITHOUT_DATA.contains(&panel.title.as_str())) {
        let name = format!("{}: {}", panel.dashboard, panel.title);
        open.extend(panel.questions.into_iter().map(|question| (name.clone(), question)));
    }
    assert!(open.len() > 50, "{}", open.len());
    for round in 0.. {
        if open.is_empty() {
            break;
        }
        go_on(&server.actor, round).await;
        let mut still = Vec::new();
        for (name, question) in open {
            if prometheus.answers(&question).await == 0 {
                still.push((name, question));
            }
        }
        open = still;
        assert!(began.elapsed() < PATIENCE, "no data for {open:#?}");
    }

    let told = Actor::at(listen.parse().unwrap()).text("/metrics").await;
    let missing = missing(&names_asked(), &told);
    assert!(missing.is_empty(), "asked for, and told by no server: {missing:?}");
    let rules = prometheus.get("/api/v1/rules", &[]).await;
    let mut evaluated = 0;
    for rule in
        rules["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap())
    {
        assert_eq!((&rule["health"], &rule["lastError"]), (&json!("ok"), &Value::Null), "{rule:#}");
        // A busy machine may be slow for a moment; nothing lasts.
        assert_ne!(rule["state"], "firing", "{rule:#}");
        evaluated += 1;
    }
    assert!(evaluated > 30, "{evaluated}");

    server.kill();
    let noticed = "ALERTS{alertname=\"PromptcardsInstanceDown\",alertstate=\"pending\"}";
    while prometheus.answers(noticed).await == 0 {
        assert!(began.elapsed() < 2 * PATIENCE, "nobody notices that the server is gone");
    }
}
