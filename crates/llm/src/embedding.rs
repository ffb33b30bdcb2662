//! Texts as vectors.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::error::CallError;
use crate::failure;
use crate::wire::{Wire, whole_body};

/// The longest answer: 500 texts as vectors of 4,096 numbers, written out, have about 40 MB.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Texts as vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// One vector for each text, all of the same length, in their order.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of all texts, where the server counts them.
    pub prompt_tokens: Option<i64>,
}

/// The JSON that a server answers to a request for embeddings with.
pub(crate) async fn asked<T: DeserializeOwned>(
    wire: &Wire,
    path: &str,
    body: Bytes,
    model: &str,
) -> Result<T, CallError> {
    let response = wire.accepted(wire.post(path, body).await?, model).await?;
    let body = whole_body(response, BODY_LIMIT).await?;
    serde_json::from_slice(&body).map_err(|_| failure::garbage("no embeddings"))
}

/// The vectors, if there is one for each text and they can be compared.
pub(crate) fn checked(
    vectors: Vec<Vec<f32>>,
    texts: usize,
    prompt_tokens: Option<i64>,
) -> Result<Embeddings, CallError> {
    if vectors.len() != texts {
        return Err(failure::garbage(&format!("{} embeddings for {texts} texts", vectors.len())));
    }
    let length = vectors.first().map_or(0, Vec::len);
    let alike = |vector: &Vec<f32>| {
        vector.len() == length && length > 0 && vector.iter().all(|number| number.is_finite())
    };
    if !vectors.iter().all(alike) {
        return Err(failure::garbage("embeddings that cannot be compared"));
    }
    Ok(Embeddings { vectors, prompt_tokens })
}
