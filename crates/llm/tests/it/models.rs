//! What is known of models.

use fake_ollama::{FakeOllama, Options};
use llm::{CallErrorKind, ModelFacts, Outbound, Provider};

use super::raw::{RawServer, response};
use super::{ask, ollama_at};

#[tokio::test]
async fn models_are_listed_with_what_the_server_knows() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let provider = Provider::new(&ollama_at(&server.url()), &Outbound::open()).expect("settings");
    let models = provider.models().await.expect("models");
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["llama3.2:latest", "qwen3:8b", "nomic-embed-text:latest"]);
    assert!(models.iter().all(|model| {
        model.digest.is_some()
            && model.family.is_some()
            && model.parameter_size.is_some()
            && model.quantization.is_some()
            && model.context_length.is_some_and(|length| length > 0)
            && model.size_bytes.is_some_and(|size| size > 0)
            && !model.simulated
    }));
    let can = |model: &ModelFacts, what: &str| model.capabilities.iter().any(|capability| capability == what);
    assert!(can(&models[0], "completion") && can(&models[1], "thinking") && can(&models[2], "embedding"));
    assert!(!models[0].loaded);

    ask(&provider, "llama3.2", "x").await.expect("an answer");
    let models = provider.models().await.expect("models");
    assert!(models[0].loaded && !models[1].loaded);
    let loaded = provider.loaded().await.expect("loaded models");
    assert_eq!(loaded.len(), 1);
    assert_eq!((loaded[0].name.as_str(), &loaded[0].digest), ("llama3.2:latest", &models[0].digest));
    assert_eq!(provider.show("llama3.2").await.expect("shown"), models[0]);
    let missing = provider.show("no-such-model").await.expect_err("missing");
    assert_eq!(missing.kind, CallErrorKind::ModelMissing);
    assert!(!provider.version().await.expect("an answer").expect("a version").is_empty());
}

#[tokio::test]
async fn a_server_that_tells_little_is_listed_all_the_same() {
    let server = RawServer::start(|_, connection| {
        while let Some(request) = connection.request() {
            connection.send(if request.starts_with("GET /api/tags ") {
                let body = "{\"models\":[{\"name\":\"m:latest\",\"details\":null},{\"name\":\"n:1b\",\"digest\":\"\"}]}";
                response("200 OK", "application/json; charset=utf-8", body)
            } else {
                response("404 Not Found", "text/plain", "404 page not found")
            });
        }
    });
    let models = server.provider().models().await.expect("models");
    let bare = |name: &str| ModelFacts { name: name.to_owned(), ..ModelFacts::default() };
    assert_eq!(models, [bare("m:latest"), bare("n:1b")]);
}

#[tokio::test]
async fn what_is_no_list_of_models_is_an_error() {
    for (body, kind) in [
        ("<html></html>".to_owned(), CallErrorKind::Garbage),
        ("{\"models\":5}".to_owned(), CallErrorKind::Garbage),
        (format!("{{\"models\":[],\"x\":\"{}\"}}", "x".repeat(5_000_000)), CallErrorKind::TooLarge),
    ] {
        let server = RawServer::answering(response("200 OK", "application/json", &body));
        assert_eq!(server.provider().models().await.expect_err("no list").kind, kind);
    }
}

#[test]
fn a_server_behind_tls_needs_a_provider_of_tls_and_one_without_does_not() {
    assert!(Provider::new(&ollama_at("http://127.0.0.1"), &Outbound::open()).is_ok());
    let error = Provider::new(&ollama_at("https://127.0.0.1"), &Outbound::open())
        .expect_err("no provider")
        .to_string();
    assert!(error.contains("no TLS provider is installed"), "{error}");
    rustls::crypto::ring::default_provider().install_default().expect("the first");
    assert!(Provider::new(&ollama_at("https://127.0.0.1"), &Outbound::open()).is_ok());
}
