//! Pulls, copies and deletes models.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::body::Step;
use crate::call::{model_not_found, wait_until};
use crate::model::{Model, full_name};
use crate::protocol::Protocol;
use crate::response::Reply;
use crate::state::Shared;

/// In so many parts the file of a model comes.
const PARTS: u32 = 20;

/// Bytes of the small file that comes after the model's own: its template and parameters.
const CONFIGURATION: u64 = 487;

/// What Ollama says when its registry has no such model.
const NOT_IN_LIBRARY: &str = "pull model manifest: file does not exist";

/// `name` is what older clients send for `model`.
#[derive(Deserialize)]
struct Named {
    #[serde(alias = "name", default)]
    model: String,
    stream: Option<bool>,
}

#[derive(Deserialize)]
struct Copy {
    source: String,
    destination: String,
}

fn bad_request(sentence: &str) -> Reply {
    Reply::error(Protocol::Ollama, StatusCode::BAD_REQUEST, sentence)
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Reply> {
    if body.is_empty() {
        return Err(bad_request("missing request body"));
    }
    serde_json::from_slice(body).map_err(|error| bad_request(&error.to_string()))
}

fn named(body: &[u8]) -> Result<Named, Reply> {
    let named: Named = parse(body)?;
    if named.model.trim().is_empty() { Err(bad_request("invalid model name")) } else { Ok(named) }
}

/// The model is served once its pull has come to its end; a client that goes away before has pulled nothing.
pub(crate) async fn pull(shared: &Arc<Shared>, body: &[u8]) -> Reply {
    let named = match named(body) {
        Ok(named) => named,
        Err(refusal) => return refusal,
    };
    let known = shared.find(&named.model).map(|(_, model)| (*model).clone());
    let here = known.is_some();
    let model = known.or_else(|| Model::in_library(&named.model));
    let pause = Duration::from_millis(shared.read().0.pull_ms);
    if named.stream.unwrap_or(true) {
        return Reply::stream(Protocol::Ollama, steps(shared, model, here, pause));
    }
    let Some(model) = model else {
        return Reply::error(Protocol::Ollama, StatusCode::INTERNAL_SERVER_ERROR, NOT_IN_LIBRARY);
    };
    if !here {
        wait_until(Instant::now() + pause).await;
    }
    shared.serve(model);
    Reply::json(&json!({ "status": "success" }))
}

fn steps(shared: &Arc<Shared>, model: Option<Model>, here: bool, time: Duration) -> Vec<Step> {
    let line = |value: &Value| Step::Send(Protocol::Ollama.framed(value.to_string().as_bytes()));
    let status = |status: &str| line(&json!({ "status": status }));
    let mut steps = vec![status("pulling manifest")];
    let Some(model) = model else {
        steps.push(line(&json!({ "error": NOT_IN_LIBRARY })));
        return steps;
    };
    let progress = |digest: &str, total: u64, completed: u64| {
        let status = format!("pulling {}", &digest[..12]);
        let mut value = json!({ "status": status, "digest": format!("sha256:{digest}"), "total": total });
        // Ollama leaves out what is 0.
        if completed > 0 {
            value["completed"] = completed.into();
        }
        line(&value)
    };
    let (digest, size, begun) = (model.digest(), model.size(), Instant::now());
    if here {
        steps.push(progress(digest, size, size));
    } else {
        for part in 0..=PARTS {
            steps.push(Step::Until(begun + time * part / PARTS));
            steps.push(progress(digest, size, size / u64::from(PARTS) * u64::from(part)));
        }
        steps.push(progress(digest, size, size));
    }
    let configuration: String = digest.chars().rev().collect();
    steps.push(progress(&configuration, CONFIGURATION, CONFIGURATION));
    steps.push(status("verifying sha256 digest"));
    steps.push(status("writing manifest"));
    let shared = Arc::clone(shared);
    steps.push(Step::Act(Box::new(move || shared.serve(model))));
    steps.push(status("success"));
    steps
}

pub(crate) fn copy(shared: &Shared, body: &[u8]) -> Reply {
    let copy: Copy = match parse(body) {
        Ok(copy) => copy,
        Err(refusal) => return refusal,
    };
    if copy.destination.trim().is_empty() {
        return bad_request("destination is required");
    }
    let Some((_, model)) = shared.find(&copy.source) else {
        return model_not_found(Protocol::Ollama, &copy.source);
    };
    shared.serve(model.copied_to(&full_name(&copy.destination)));
    Reply::empty(StatusCode::OK)
}

pub(crate) fn delete(shared: &Shared, body: &[u8]) -> Reply {
    let named = match named(body) {
        Ok(named) => named,
        Err(refusal) => return refusal,
    };
    let Some((place, _)) = shared.find(&named.model) else {
        return model_not_found(Protocol::Ollama, &named.model);
    };
    shared.remove(place);
    Reply::empty(StatusCode::OK)
}
