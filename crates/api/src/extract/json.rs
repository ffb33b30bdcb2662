//! JSON bodies: strictly read, validated, and written.

use axum::extract::{FromRequest, MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engine::IdempotencyKey;
use garde::Validate;
use http::header::{self, HeaderValue};
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::extract::objects::Objects;
use crate::extract::sentence::{field_error, sentence};
use crate::extract::{By, body, push_step, strict};
use crate::problem::{ApiError, Code, FieldError};

/// Largest body, unless the route says otherwise: 1 MiB.
const BODY_LIMIT: usize = 1024 * 1024;
/// Largest body of an import: 10 MiB.
pub const IMPORT_LIMIT: usize = 10 * 1024 * 1024;

/// Largest body about accounts and sessions: 16 KiB.
pub(crate) const AUTH_LIMIT: usize = 16 * 1024;

/// A JSON body: taken from a request, or sent as a response.
///
/// Taken, it is at most `LIMIT` bytes, has no unknown field if its type denies them, and has passed `garde`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T, const LIMIT: usize = BODY_LIMIT>(pub T);

impl<T, S, const LIMIT: usize> FromRequest<S> for Json<T, LIMIT>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        body::require_json(&parts.headers)?;
        let bytes = body::read(&parts.headers, body, LIMIT).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let mut response = Response::new(bytes.into());
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(header::CONTENT_TYPE, json);
                response
            }
            Err(error) => ApiError::internal(error).into_response(),
        }
    }
}

/// A body that creates something, with the key under which a repetition is recognised.
#[derive(Debug)]
pub struct Create<T, const LIMIT: usize = BODY_LIMIT> {
    /// The body.
    pub body: T,
    /// The header `Idempotency-Key`, if it was sent.
    pub idempotency: Option<IdempotencyKey>,
}

impl<T, S, const LIMIT: usize> FromRequest<S> for Create<T, LIMIT>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let key = idempotency_key(&parts)?;
        body::require_json(&parts.headers)?;
        let bytes = body::read(&parts.headers, body, LIMIT).await?;
        let body = parse(&bytes)?;
        let idempotency = key.map(|key| IdempotencyKey {
            scope: scope(&parts),
            key,
            fingerprint: fingerprint(&parts, &bytes),
        });
        Ok(Self { body, idempotency })
    }
}

fn idempotency_key(parts: &Parts) -> Result<Option<String>, ApiError> {
    let Some(value) = parts.headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(ApiError::new(
            Code::BadRequest,
            "Idempotency-Key must have 1 to 255 visible ASCII characters without spaces.",
        )),
    }
}

/// Keys are the caller's own, one set for each route.
fn scope(parts: &Parts) -> String {
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let caller = parts.extensions.get::<By>().map_or("", |By(caller)| &caller.name);
    format!("{caller} {} {route}", parts.method)
}

/// SHA-256 of method, address and body, in hexadecimal.
fn fingerprint(parts: &Parts, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    hash.update(parts.method.as_str());
    hash.update([0]);
    hash.update(parts.uri.path());
    hash.update([0]);
    hash.update(body);
    hex::encode(hash.finalize())
}

fn parse<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> Result<T, ApiError> {
    strict::check(bytes)?;
    // Sound bodies are read without tracking the path; the others are read again to find it. That nothing follows
    // the value was seen by the first pass.
    let read = T::deserialize(Objects(&mut serde_json::Deserializer::from_slice(bytes)));
    let Ok(value) = read else { return Err(explain::<T>(bytes)) };
    match value.validate() {
        Ok(()) => Ok(value),
        Err(report) => Err(ApiError::invalid(report.into_inner().iter().map(rule_broken).collect())),
    }
}

fn explain<T: DeserializeOwned>(bytes: &[u8]) -> ApiError {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(Objects(&mut deserializer)) {
        Err(error) => {
            let text = error.inner().to_string();
            let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
            ApiError::invalid(vec![field_error(error.path(), message)])
        }
        Ok(_) => ApiError::internal("a body was refused once and accepted once"),
    }
}

/// A broken rule of `garde`, whose paths look like `variables[0].name`.
pub(crate) fn rule_broken((path, error): &(garde::Path, garde::Error)) -> FieldError {
    let mut pointer = String::new();
    for (_, step) in path.__iter().rev() {
        push_step(&mut pointer, step);
    }
    FieldError::new(pointer, sentence(error.message()))
}
