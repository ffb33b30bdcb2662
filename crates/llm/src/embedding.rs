//! Texts as vectors.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::error::CallError;
use crate::failure;
use crate::wire::{Wire, whole_body};

/// The longest answer: 500 texts as vectors of 4,096 numbers, written out, have about 40 MB.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Most texts of one request: what the strictest of the common servers takes.
const BATCH_TEXTS: usize = 32;
/// Most bytes of one request, unless a single text has more.
const BATCH_BYTES: usize = 256 * 1024;

/// Texts as vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// One vector for each text, all of the same length, in their order.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of all texts, where the server counts them.
    pub prompt_tokens: Option<i64>,
}

impl Embeddings {
    /// Adds the vectors of the texts that follow. Those of two lengths cannot be compared.
    pub(crate) fn append(&mut self, more: Self) -> Result<(), CallError> {
        let length = |vectors: &[Vec<f32>]| vectors.first().map(Vec::len);
        if let (Some(here), Some(there)) = (length(&self.vectors), length(&more.vectors))
            && here != there
        {
            return Err(failure::garbage(&format!("embeddings of {here} and of {there} numbers")));
        }
        self.vectors.extend(more.vectors);
        self.prompt_tokens = self.prompt_tokens.zip(more.prompt_tokens).map(|(one, other)| one + other);
        Ok(())
    }
}

/// The texts in pieces that a server takes at once.
pub(crate) fn batches<'a, 'b>(mut texts: &'a [&'b str]) -> impl Iterator<Item = &'a [&'b str]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let mut fits = |text: &&str| {
            bytes += text.len();
            bytes <= BATCH_BYTES
        };
        let count = texts.iter().take(BATCH_TEXTS).take_while(|text| fits(text)).count().max(1);
        let (batch, rest) = texts.split_at_checked(count)?;
        texts = rest;
        Some(batch)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(texts: &[&str]) -> Vec<usize> {
        batches(texts).map(<[&str]>::len).collect()
    }

    #[test]
    fn a_batch_is_bounded_in_texts_and_in_bytes() {
        assert_eq!(counts(&[]), [0; 0]);
        assert_eq!(counts(&["a"; 70]), [32, 32, 6]);
        let half = "x".repeat(BATCH_BYTES / 2);
        let long = "x".repeat(BATCH_BYTES + 1);
        assert_eq!(counts(&[&half, &half, "a", &long, "b"]), [2, 1, 1, 1]);
    }

    #[test]
    fn batches_of_different_lengths_do_not_go_together() {
        let of =
            |length: usize, prompt_tokens| Embeddings { vectors: vec![vec![1.0; length]], prompt_tokens };
        let mut all = of(2, Some(3));
        all.append(of(2, Some(4))).expect("the same length");
        assert_eq!((all.vectors.len(), all.prompt_tokens), (2, Some(7)));
        all.append(of(2, None)).expect("the same length");
        assert_eq!(all.prompt_tokens, None);
        assert!(all.append(of(3, None)).expect_err("another length").detail.contains("of 2 and of 3"));
    }
}
