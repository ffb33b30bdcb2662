//! Finds what answers a request: the whole URL map.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::body::Body;
use crate::control::Change;
use crate::embed::{self, Dialect};
use crate::protocol::Protocol;
use crate::request::Api;
use crate::response::{Closed, Reply};
use crate::state::Shared;
use crate::{call, info, library};

/// The longest body that is read; a longer one closes its connection.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

pub(crate) async fn route(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Closed> {
    let (parts, body) = request.into_parts();
    let get = parts.method == Method::GET || parts.method == Method::HEAD;
    let post = parts.method == Method::POST;
    let path = parts.uri.path();
    match path {
        "/api/chat" if post => call::answer(shared, Api::Chat, read(body).await?).await,
        "/api/generate" if post => call::answer(shared, Api::Generate, read(body).await?).await,
        "/v1/chat/completions" if post => call::answer(shared, Api::ChatCompletions, read(body).await?).await,
        "/v1/completions" if post => call::answer(shared, Api::Completions, read(body).await?).await,
        "/api/embed" if post => embed::answer(shared, Dialect::Embed, &read(body).await?).await,
        "/api/embeddings" if post => embed::answer(shared, Dialect::Embeddings, &read(body).await?).await,
        "/v1/embeddings" if post => embed::answer(shared, Dialect::OpenAi, &read(body).await?).await,
        "/" if get => Ok(Reply::text(StatusCode::OK, "Ollama is running").into_response(None)),
        "/control" if get => Ok(state(shared).into_response(None)),
        "/control" if post || parts.method == Method::PATCH => {
            Ok(control(shared, &read(body).await?).into_response(None))
        }
        "/api/tags" if get => faulty(shared, path, async { info::tags(shared) }).await,
        "/api/ps" if get => faulty(shared, path, async { info::loaded(shared) }).await,
        "/api/version" if get => faulty(shared, path, async { info::version() }).await,
        "/v1/models" if get => faulty(shared, path, async { info::list(shared) }).await,
        "/api/show" if post => {
            let body = read(body).await?;
            faulty(shared, path, async { info::show(shared, &body) }).await
        }
        "/api/pull" if post => {
            let body = read(body).await?;
            faulty(shared, path, library::pull(shared, &body)).await
        }
        "/api/copy" if post => {
            let body = read(body).await?;
            faulty(shared, path, async { library::copy(shared, &body) }).await
        }
        "/api/delete" if parts.method == Method::DELETE => {
            let body = read(body).await?;
            faulty(shared, path, async { library::delete(shared, &body) }).await
        }
        _ => match path.strip_prefix("/v1/models/") {
            Some(name) if get => {
                let name = percent_decode_str(name).decode_utf8_lossy();
                faulty(shared, path, async { info::retrieve(shared, &name) }).await
            }
            _ if KNOWN.contains(&path) => {
                Ok(Reply::text(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed").into_response(None))
            }
            _ => Ok(Reply::text(StatusCode::NOT_FOUND, "404 page not found").into_response(None)),
        },
    }
}

/// Paths that are there, but not for every method.
const KNOWN: [&str; 18] = [
    "/",
    "/control",
    "/api/chat",
    "/api/copy",
    "/api/delete",
    "/api/embed",
    "/api/embeddings",
    "/api/generate",
    "/api/ps",
    "/api/pull",
    "/api/show",
    "/api/tags",
    "/api/version",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/models",
    "/v1/models/",
];

async fn read(body: Incoming) -> Result<Bytes, Closed> {
    Limited::new(body, BODY_LIMIT)
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .map_err(|_| Closed::InGoodOrder)
}

/// A reply that a fault may replace or bend.
async fn faulty(
    shared: &Arc<Shared>,
    path: &str,
    reply: impl Future<Output = Reply>,
) -> Result<Response<Body>, Closed> {
    let protocol = Protocol::of_path(path);
    let claimed = shared.claim();
    if let Some(claimed) = &claimed
        && let Some(instead) = claimed.replace(protocol).await
    {
        return instead.map(|reply| reply.into_response(None));
    }
    Ok(reply.await.speaking(protocol).bent_by(claimed).into_response(None))
}

fn state(shared: &Shared) -> Reply {
    let (settings, counters) = shared.read();
    Reply::json(&json!({ "settings": settings, "counters": counters }))
}

fn control(shared: &Shared, body: &[u8]) -> Reply {
    match serde_json::from_slice::<Change>(body) {
        Ok(change) => {
            shared.change(&change);
            state(shared)
        }
        Err(error) => Reply::error(Protocol::Ollama, StatusCode::BAD_REQUEST, &error.to_string()),
    }
}
