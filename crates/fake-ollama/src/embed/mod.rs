//! Answers `/api/embed`, the older `/api/embeddings`, and `/v1/embeddings`.

mod vector;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::body::Body;
use crate::call::{admit, model_not_found, wait_until};
use crate::protocol::Protocol;
use crate::request::{self, CallOptions, KEEP};
use crate::response::{Closed, Reply};
use crate::state::Shared;
use crate::tokens::cut;

/// Which of the three it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Embed,
    Embeddings,
    OpenAi,
}

impl Dialect {
    fn protocol(self) -> Protocol {
        if self == Self::OpenAi { Protocol::OpenAi } else { Protocol::Ollama }
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    model: String,
    /// Of `/api/embeddings`, where the others have `input`.
    prompt: Option<String>,
    input: Option<Value>,
    dimensions: Option<usize>,
    truncate: Option<bool>,
    options: Option<CallOptions>,
    keep_alive: Option<Value>,
    encoding_format: Option<Encoding>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Float,
    Base64,
}

pub(crate) async fn answer(
    shared: &Arc<Shared>,
    dialect: Dialect,
    body: &[u8],
) -> Result<Response<Body>, Closed> {
    let arrived = Instant::now();
    let protocol = dialect.protocol();
    let bad_request =
        |sentence: &str| Ok(Reply::error(protocol, StatusCode::BAD_REQUEST, sentence).into_response(None));
    if body.is_empty() {
        return bad_request("missing request body");
    }
    let mut wire: Wire = match serde_json::from_slice(body) {
        Ok(wire) => wire,
        Err(error) => return bad_request(&error.to_string()),
    };
    if wire.model.is_empty() {
        return bad_request("model is required");
    }
    let texts = match texts(dialect, &mut wire) {
        Ok(texts) => texts,
        Err(sentence) => return bad_request(sentence),
    };
    let keep_alive = match wire.keep_alive.as_ref().map_or(Ok(KEEP), request::keep_alive) {
        Ok(keep_alive) => keep_alive,
        Err(sentence) => return bad_request(&sentence),
    };
    let Some((place, model)) = shared.find(&wire.model) else {
        return Ok(model_not_found(protocol, &wire.model).into_response(None));
    };
    let context = wire.options.as_ref().and_then(CallOptions::context);
    let ticket = match admit(shared, protocol, shared.begin(place, context, keep_alive)).await {
        Ok(ticket) => ticket,
        Err(instead) => return instead,
    };
    let most = usize::try_from(ticket.context).unwrap_or(usize::MAX);
    let (mut vectors, mut prompt_tokens) = (Vec::with_capacity(texts.len()), 0);
    for text in &texts {
        let (kept, count) = cut(text, most);
        if kept.len() < text.len() && wire.truncate == Some(false) {
            ticket.call.fail();
            let sentence = "the input length exceeds the context length";
            let reply = Reply::error(protocol, StatusCode::BAD_REQUEST, sentence);
            return Ok(reply.into_response(Some(ticket.call)));
        }
        prompt_tokens += count;
        vectors.push(vector::of(&model.name, kept, model.dimensions, wire.dimensions));
    }
    let latency = Duration::from_millis(ticket.settings.latency_ms);
    wait_until(arrived + ticket.load + latency).await;
    let reply = match dialect {
        Dialect::Embed => json!({
            "model": wire.model,
            "embeddings": vectors,
            "total_duration": (ticket.load + latency).as_nanos().max(1),
            "load_duration": ticket.load.as_nanos().max(1),
            "prompt_eval_count": prompt_tokens,
        }),
        Dialect::Embeddings => json!({ "embedding": vectors.pop().unwrap_or_default() }),
        Dialect::OpenAi => {
            let encode = |vector: &Vec<f32>| match wire.encoding_format {
                Some(Encoding::Base64) => Value::from(base64(vector)),
                Some(Encoding::Float) | None => json!(vector),
            };
            let entry = |(index, vector): (usize, &Vec<f32>)| json!({ "object": "embedding", "index": index, "embedding": encode(vector) });
            json!({
                "object": "list",
                "data": vectors.iter().enumerate().map(entry).collect::<Vec<_>>(),
                "model": wire.model,
                "usage": { "prompt_tokens": prompt_tokens, "total_tokens": prompt_tokens },
            })
        }
    };
    let reply = Reply::json(&reply).speaking(protocol).bent_by(ticket.fault);
    Ok(reply.into_response(Some(ticket.call)))
}

/// Err is the sentence of a 400.
fn texts(dialect: Dialect, wire: &mut Wire) -> Result<Vec<String>, &'static str> {
    if dialect == Dialect::Embeddings {
        return Ok(Vec::from_iter(wire.prompt.take()));
    }
    match wire.input.take() {
        Some(Value::String(text)) => Ok(vec![text]),
        Some(Value::Array(inputs)) => {
            let texts = inputs.into_iter().map(|input| match input {
                Value::String(text) => Ok(text),
                _ => Err("invalid input type"),
            });
            texts.collect()
        }
        None | Some(Value::Null) if dialect == Dialect::Embed => Ok(Vec::new()),
        None | Some(Value::Null) => Err("invalid input"),
        Some(_) => Err("invalid input type"),
    }
}

/// The bytes of the numbers, the lowest of each first.
fn base64(vector: &[f32]) -> String {
    BASE64_STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}
