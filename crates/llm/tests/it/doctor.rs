//! The doctor: each of the usual mistakes on real sockets, what was tried, and the line that mends it.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_ollama::{FakeOllama, Options};
use llm::ProviderSettings;
use llm::doctor::{Diagnosis, Outcome, Surroundings};
use tokio::net::TcpSocket;

use super::raw::{RawServer, response};
use super::{guarded, ollama_at, openai_at};

const MODELS: &str = r#"{"object":"list","data":[{"id":"m"}]}"#;

fn outside() -> Surroundings {
    Surroundings {
        around_container: None,
        proxy_variables: Vec::new(),
        connect: Duration::from_secs(2),
        answer: Duration::from_secs(20),
    }
}

async fn diagnose(settings: ProviderSettings, surroundings: &Surroundings) -> Diagnosis {
    guarded(settings).diagnose(None, surroundings).await
}

/// The conclusion has these words, and the line is this one.
#[track_caller]
fn expect(diagnosis: &Diagnosis, words: &[&str], line: Option<&str>) {
    for word in words {
        assert!(diagnosis.conclusion.contains(word), "{word}: {diagnosis:#?}");
    }
    assert_eq!(diagnosis.configuration.as_deref(), line, "{diagnosis:#?}");
    assert!(!diagnosis.works && diagnosis.steps[0].outcome == Outcome::Fails, "{diagnosis:#?}");
}

/// A port of this address where nothing listens.
fn free_port(host: &str) -> u16 {
    TcpListener::bind((host, 0)).expect("a port").local_addr().expect("an address").port()
}

/// A fake Ollama on an address of its own.
fn ollama_on(host: &str, port: u16) -> FakeOllama {
    let listen = format!("{host}:{port}").parse().expect("an address");
    FakeOllama::start(Options { listen, ..Options::default() }).expect("a server")
}

/// A server that answers one path with this JSON, and 404 to everything else.
fn knowing(path: &'static str, body: &'static str) -> RawServer {
    RawServer::start(move |_, connection| {
        while let Some(request) = connection.request() {
            let knows = request.starts_with(&format!("GET {path} "));
            let (status, body) = if knows { ("200 OK", body) } else { ("404 Not Found", "{}") };
            connection.send(response(status, "application/json", body));
        }
    })
}

#[tokio::test]
async fn a_server_that_works_is_said_to_work() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    for settings in [ollama_at(&server.url()), openai_at(&server.url())] {
        let diagnosis = diagnose(settings, &outside()).await;
        assert!(diagnosis.works && diagnosis.configuration.is_none(), "{diagnosis:#?}");
        assert!(diagnosis.conclusion.contains("`llama3.2:latest`"), "{diagnosis:#?}");
        assert_eq!(diagnosis.steps.len(), 2);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_has_to_be_started() {
    let port = free_port("127.0.0.99");
    let diagnosis = diagnose(ollama_at(&format!("http://127.0.0.99:{port}")), &outside()).await;
    expect(&diagnosis, &["refuses the connection", "`ollama serve`"], None);
    assert!(diagnosis.steps.iter().all(|step| step.tried.contains("//127.0.0.99:")), "{diagnosis:#?}");
}

#[tokio::test]
async fn https_to_a_port_of_plain_http_is_found() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let address = server.address();
    rustls::crypto::ring::default_provider().install_default().expect("the first");
    let diagnosis = diagnose(ollama_at(&format!("https://{address}")), &outside()).await;
    let line = format!("base_url = \"http://{address}\"");
    expect(&diagnosis, &["does not speak HTTPS", "speaks plain HTTP"], Some(&line));
}

#[tokio::test]
async fn plain_http_to_a_port_of_https_is_found() {
    // An alert is what a server of TLS answers to what it does not understand, or does not trust.
    const ALERT: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 40];
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            use std::io::{Read, Write};
            let mut hello = [0; 4096];
            // A client that goes away is none of its business.
            if stream.read(&mut hello).is_ok() {
                let _ = stream.write_all(&ALERT);
            }
        }
    });
    let diagnosis = diagnose(ollama_at(&format!("http://{address}")), &outside()).await;
    let line = format!("base_url = \"https://{address}\"");
    expect(&diagnosis, &["does not speak HTTP.", "The same port speaks HTTPS", "certificate"], Some(&line));
}

#[tokio::test]
async fn in_a_container_the_machine_around_it_is_tried_and_outside_of_one_it_is_not() {
    // Another address of this machine stands for the machine around the container.
    let port = free_port("127.0.0.1");
    let server = ollama_on("127.0.0.2", port);
    let settings = ollama_at(&format!("http://127.0.0.1:{port}"));
    let inside = Surroundings {
        around_container: Some(vec!["no-such-host.invalid".to_owned(), "127.0.0.2".to_owned()]),
        ..outside()
    };
    let diagnosis = diagnose(settings.clone(), &inside).await;
    let line = format!("base_url = \"{}\"", server.url());
    expect(&diagnosis, &["runs in a container", "127.0.0.1 is the container itself"], Some(&line));
    let name = diagnosis.steps.iter().find(|step| step.tried.contains("no-such-host")).expect("tried");
    assert!(name.found.contains("not known here"), "{name:?}");

    let diagnosis = diagnose(settings, &outside()).await;
    expect(&diagnosis, &["refuses"], None);
    assert!(!diagnosis.steps.iter().any(|step| step.tried.contains("127.0.0.2")), "{diagnosis:#?}");
}

#[tokio::test]
async fn in_a_container_a_machine_that_does_not_listen_for_it_is_explained() {
    let inside = Surroundings { around_container: Some(vec!["127.0.0.98".to_owned()]), ..outside() };
    let port = free_port("127.0.0.1");
    let diagnosis = diagnose(ollama_at(&format!("http://127.0.0.1:{port}")), &inside).await;
    expect(&diagnosis, &["OLLAMA_HOST=0.0.0.0"], None);
}

#[tokio::test]
async fn a_server_on_the_other_loopback_address_is_found() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let port = server.address().port();
    let diagnosis = diagnose(ollama_at(&format!("http://[::1]:{port}")), &outside()).await;
    let line = format!("base_url = \"http://127.0.0.1:{port}\"");
    expect(&diagnosis, &["listens on another address of this machine than [::1]"], Some(&line));

    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("not run: doctor, a server on ::1 alone: this machine has no IPv6");
        return;
    }
    let port = free_port("::1");
    let server = ollama_on("[::1]", port);
    let diagnosis = diagnose(ollama_at(&format!("http://127.0.0.1:{port}")), &outside()).await;
    let line = format!("base_url = \"{}\"", server.url());
    expect(&diagnosis, &["another address of this machine than 127.0.0.1"], Some(&line));
}

#[tokio::test]
async fn the_usual_port_of_the_same_host_is_tried() {
    let server = ollama_on("127.0.0.77", 11434);
    for (settings, line) in [
        (ollama_at("http://127.0.0.77:1"), "base_url = \"http://127.0.0.77:11434\""),
        (openai_at("http://127.0.0.77:1"), "base_url = \"http://127.0.0.77:11434/v1\""),
    ] {
        expect(&diagnose(settings, &outside()).await, &["answers on port 11434"], Some(line));
    }
    drop(server);
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_named_and_not_its_value() {
    let around = Surroundings { proxy_variables: vec!["HTTP_PROXY".to_owned()], ..outside() };
    let port = free_port("127.0.0.99");
    let diagnosis = diagnose(ollama_at(&format!("http://127.0.0.99:{port}")), &around).await;
    let note = diagnosis.steps.iter().find(|step| step.outcome == Outcome::Note).expect("a note");
    assert!(note.found.starts_with("A proxy is named by HTTP_PROXY."), "{note:?}");
}

#[tokio::test]
async fn a_version_too_many_and_the_address_of_a_call_are_found() {
    let server = knowing("/v1/models", MODELS);
    let line = format!("base_url = \"{}/v1\"", server.url);
    for path in ["/v1/v1", "/v1/chat/completions", "/v1/models", "/api"] {
        let diagnosis = diagnose(openai_at(&format!("{}{path}", server.url)), &outside()).await;
        expect(&diagnosis, &["answers under another path"], Some(&line));
    }
    let ollama = knowing("/api/version", r#"{"version":"0.9.0"}"#);
    let line = format!("base_url = \"{}\"", ollama.url);
    for path in ["/api", "/api/chat", "/v1"] {
        let diagnosis = diagnose(ollama_at(&format!("{}{path}", ollama.url)), &outside()).await;
        expect(&diagnosis, &["Ollama answers under another path"], Some(&line));
    }
}

#[tokio::test]
async fn a_server_of_the_other_kind_is_found() {
    let openai = knowing("/v1/models", MODELS);
    let line = format!("kind = \"openai\"\nbase_url = \"{}/v1\"", openai.url);
    let diagnosis = diagnose(ollama_at(&openai.url), &outside()).await;
    expect(&diagnosis, &["OpenAI's protocol answers", "`kind` is `openai`"], Some(&line));

    let ollama = knowing("/api/version", r#"{"version":"0.9.0"}"#);
    let line = format!("kind = \"ollama\"\nbase_url = \"{}\"", ollama.url);
    let diagnosis = diagnose(openai_at(&ollama.url), &outside()).await;
    expect(&diagnosis, &["Ollama answers", "`kind` is `ollama`"], Some(&line));
}

#[tokio::test]
async fn a_model_that_is_missing_has_its_neighbours_named() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let provider = guarded(ollama_at(&server.url()));
    let found = provider.diagnose(Some("llama3.2"), &outside()).await;
    assert!(found.works, "{found:#?}");
    let found = provider.diagnose(Some("lama3.2:1b"), &outside()).await;
    assert!(!found.works, "{found:#?}");
    for words in ["no model `lama3.2:1b`", "Near it are `llama3.2:latest`", "models pull lama3.2:1b"] {
        assert!(found.conclusion.contains(words), "{words}: {found:#?}");
    }
    let found = provider.diagnose(Some("something-else"), &outside()).await;
    assert!(found.conclusion.contains("It has `llama3.2:latest`, `qwen3:8b`"), "{found:#?}");
}

/// A server that wants the key `sk-canary-right`.
fn with_key() -> RawServer {
    RawServer::start(|_, connection| {
        while let Some(request) = connection.request() {
            let right = request.to_lowercase().contains("authorization: bearer sk-canary-right\r\n");
            let (status, body) = if right { ("200 OK", MODELS) } else { ("401 Unauthorized", "{}") };
            connection.send(response(status, "application/json", body));
        }
    })
}

/// Settings with this key, and the folder of its file.
fn keyed(mut settings: ProviderSettings, key: &str) -> (ProviderSettings, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    std::fs::write(&path, key).expect("written");
    settings.key_file = Some(path);
    (settings, folder)
}

#[tokio::test]
async fn a_key_that_is_missing_or_wrong_is_told_apart() {
    let server = with_key();
    let diagnosis = diagnose(openai_at(&server.url), &outside()).await;
    expect(&diagnosis, &["wants a key (401)"], Some("key_env = \"OPENAI_API_KEY\""));

    let (settings, _folder) = keyed(openai_at(&server.url), "sk-canary-wrong");
    let diagnosis = diagnose(settings, &outside()).await;
    expect(&diagnosis, &["refuses the key of the file that `key_file` names (401)"], None);
    assert!(!format!("{diagnosis:?}").contains("canary"), "{diagnosis:#?}");

    let (settings, _folder) = keyed(openai_at(&server.url), "sk-canary-right");
    assert!(diagnose(settings, &outside()).await.works);

    let mut settings = openai_at(&server.url);
    settings.key_file = Some("/no/such/file".into());
    let diagnosis = diagnose(settings, &outside()).await;
    assert!(!diagnosis.works && diagnosis.configuration.is_none(), "{diagnosis:#?}");
    assert!(diagnosis.conclusion.starts_with("The provider has no key: The file that `key_file` names"));
}

#[tokio::test]
async fn no_other_server_sees_the_key() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&seen);
    let port = free_port("127.0.0.1");
    let server = RawServer::on(&format!("127.0.0.3:{port}"), move |_, connection| {
        while let Some(request) = connection.request() {
            log.lock().unwrap().push(request);
            connection.send(response("200 OK", "application/json", MODELS));
        }
    });
    let inside = Surroundings { around_container: Some(vec!["127.0.0.3".to_owned()]), ..outside() };
    let (settings, _folder) = keyed(openai_at(&format!("http://127.0.0.1:{port}")), "sk-canary-key");
    let diagnosis = diagnose(settings, &inside).await;
    let line = format!("base_url = \"{}/v1\"", server.url);
    expect(&diagnosis, &["runs in a container"], Some(&line));
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty());
    assert!(!seen.iter().any(|request| request.to_lowercase().contains("authorization")), "{seen:#?}");
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let elsewhere = knowing("/api/version", r#"{"version":"0.9.0"}"#);
    let to = format!("{}/api/version", elsewhere.url);
    let server = RawServer::answering(format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    let diagnosis = diagnose(ollama_at(&server.url), &outside()).await;
    expect(&diagnosis, &[&format!("says that it is at {to}"), "`base_url`"], None);
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn each_way_not_to_answer_has_its_sentence() {
    let quick = Surroundings { answer: Duration::from_millis(300), ..outside() };
    let silent = RawServer::start(|_, connection| connection.wait_for_close());
    let cut = RawServer::start(|_, connection| drop(connection.request()));
    let stranger = RawServer::answering(response("200 OK", "text/html", "<html></html>"));
    let no_http = RawServer::answering("220 mail.example ESMTP\r\n");
    for (server, words) in [
        (&silent, "answers nothing"),
        (&cut, "closes the connection without an answer"),
        (&stranger, "A web server answers (200)"),
        (&no_http, "does not speak HTTP"),
    ] {
        let surroundings = Surroundings { connect: Duration::from_millis(200), ..quick.clone() };
        expect(&diagnose(ollama_at(&server.url), &surroundings).await, &[words], None);
    }
    let diagnosis = diagnose(ollama_at("http://no-such-host.invalid:11434"), &outside()).await;
    expect(&diagnosis, &["name of the host is not known here", "Docker Compose"], None);
}

#[tokio::test]
async fn a_connection_that_is_neither_taken_nor_refused_is_told() {
    // A queue of one that is full: what comes then is dropped, as a firewall does.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.96:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(1).expect("listens");
    let address = listener.local_addr().expect("an address");
    let mut held = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(address)).await
    {
        held.push(stream);
    }
    let quick = Surroundings { connect: Duration::from_millis(300), ..outside() };
    let diagnosis = diagnose(ollama_at(&format!("http://{address}")), &quick).await;
    expect(&diagnosis, &["neither takes nor refuses", "firewall"], None);
}
