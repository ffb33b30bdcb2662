//! Secrets that a server was given are nowhere to be found: not in its files, its log, its answers or the list of
//! processes.

use std::path::Path;

use fake_ollama::{FakeOllama, Options};
use serde_json::{Value, json};
use testkit::{ServerProcess, TestDatabase};

/// The key of a model server, as the environment has it.
const OF_ENVIRONMENT: &str = "sk-CANARY-environment-7f3a9c";
/// The same, as a file has it.
const OF_FILE: &str = "sk-CANARY-file-2b8e41";

/// Every file below a folder with its content, but for those that are meant to hold a secret.
fn files(folder: &Path, except: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(&path, except));
        } else if !except.contains(&name.as_str()) {
            found.push((name, std::fs::read(&path).unwrap()));
        }
    }
    found
}

#[track_caller]
fn assert_nowhere(secrets: &[&str], places: &[(String, Vec<u8>)]) {
    for (place, content) in places {
        for secret in secrets {
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {place}");
        }
    }
}

/// What `support-bundle` writes beside a server with this folder and environment; a second one does not take its place.
fn bundle(folder: &Path, environment: &[(&str, &str)]) -> Vec<u8> {
    let run = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_promptcards"));
        command.current_dir(folder).args(["support-bundle", "--output", "bundle.json", "--data-dir", "."]);
        command.envs(environment.iter().copied()).output().unwrap()
    };
    let first = run();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let second = run();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(1) && said.contains("bundle.json is there already"), "{said}");
    std::fs::read(folder.join("bundle.json")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_files_logs_answers_or_the_list_of_processes() {
    let database = TestDatabase::on_file();
    let ollama = FakeOllama::start(Options::default()).unwrap();
    std::fs::write(database.folder().join("openai.key"), OF_FILE).unwrap();
    let settings = format!(
        "[[providers]]\nname = 'one'\nkind = 'openai'\nbase_url = '{url}/v1'\nkey_env = 'ONE_KEY'\n\
         [[providers]]\nname = 'two'\nkind = 'openai'\nbase_url = '{url}/v1'\nkey_file = 'openai.key'\n\
         [[providers]]\nname = 'away'\nkind = 'openai'\nbase_url = 'http://127.0.0.1:1/v1'\nkey_env = 'ONE_KEY'\n",
        url = ollama.url()
    );
    std::fs::write(database.folder().join("promptcards.toml"), settings).unwrap();
    let metrics = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().to_string();
    let environment = [
        ("ONE_KEY", OF_ENVIRONMENT),
        ("PROMPTCARDS_LOG__LEVEL", "trace"),
        ("PROMPTCARDS_SERVER__METRICS_LISTEN", &metrics),
    ];
    let binary = env!("CARGO_BIN_EXE_promptcards").as_ref();
    let server = ServerProcess::start(binary, database.folder(), &environment);
    let actor = &server.actor;
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    });
    let card = actor.card("echo", &content).await;
    actor.cases(&card, &[json!({ "variables": { "word": "one" } })]).await;
    for model in ["one/llama3.2", "two/llama3.2"] {
        let run = actor.start("echo", &[model], 1).await;
        assert_eq!(actor.finish(&run).await["state"], "finished");
    }
    let mut places = Vec::new();
    let mut said = async |path: &str| {
        let answer = actor.send(reqwest::Method::GET, path, &[], None).await;
        places.push((path.to_owned(), format!("{:?} {}", answer.headers, answer.body).into_bytes()));
        answer.body
    };
    let providers = said("W/providers").await;
    for provider in providers["items"].as_array().unwrap() {
        let id = provider["id"].as_str().unwrap();
        said(&format!("W/providers/{id}/models")).await;
        said(&format!("W/providers/{id}")).await;
    }
    let runs = said("W/runs").await;
    for run in runs["items"].as_array().unwrap() {
        let id = run["id"].as_str().unwrap();
        said(&format!("W/runs/{id}")).await;
        said(&format!("W/runs/{id}/cells")).await;
        said(&format!("W/runs/{id}/results")).await;
    }
    for path in ["W/cards/echo", "/api/v1/health", "/api/v1/audit?limit=200", "/api/v1/openapi.json"] {
        said(path).await;
    }
    for path in ["W/export", "/api/v1/audit/export", "/metrics"] {
        places.push((path.to_owned(), actor.text(path).await.into_bytes()));
    }
    for provider in providers["items"].as_array().unwrap() {
        let path = format!("W/providers/{}/diagnose", provider["id"].as_str().unwrap());
        let answer = actor.post(&path, &Value::Null).await;
        places.push((path, answer.body.to_string().into_bytes()));
    }
    let bundle = bundle(database.folder(), &environment);
    let text = String::from_utf8_lossy(&bundle);
    for expected in ["\"findings\"", "promptcards_build_info", "PROMPTCARDS_LOG__LEVEL", "In use: "] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for private in ["Repeat after", testkit::PASSWORD, "echo"] {
        assert!(!text.contains(private), "{private} is in the bundle");
    }
    places.push(("bundle".to_owned(), bundle));
    let process = Path::new("/proc").join(server.id().to_string());
    places.push(("cmdline".to_owned(), std::fs::read(process.join("cmdline")).unwrap()));
    let master_key = std::fs::read_to_string(database.folder().join("master.key")).unwrap();
    let secrets = [OF_ENVIRONMENT, OF_FILE, master_key.trim()];
    // While it runs, with the log of the database beside it; and after its end, when that is in the database.
    places.extend(files(database.folder(), &["openai.key", "master.key"]));
    places.push(("log".to_owned(), server.log().into_bytes()));
    assert!(places.iter().any(|(name, bytes)| name.ends_with("-wal") && !bytes.is_empty()));
    assert_nowhere(&secrets, &places);
    // What was sought would have been found.
    assert!(places.iter().any(|(_, content)| content.windows(12).any(|window| window == b"Repeat after")));
    let log = server.log();
    server.stop();
    places = files(database.folder(), &["openai.key", "master.key"]);
    places.push(("log".to_owned(), log.into_bytes()));
    assert_nowhere(&secrets, &places);
}

#[test]
fn no_secret_shows_itself() {
    let text = engine::secrets::SecretString::from(OF_FILE);
    let bytes = engine::secrets::SecretSlice::from(OF_FILE.as_bytes().to_vec());
    let key = engine::secrets::MasterKey::draw().unwrap();
    for shown in [format!("{text:?}"), format!("{bytes:?}"), format!("{key:?}")] {
        assert!(!shown.contains("CANARY") && !shown.contains("67, 65, 78"), "{shown}");
    }
}
