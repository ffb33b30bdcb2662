//! Answers about cards that are kept until a card changes.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, Uri, header};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::extract::IfNoneMatch;
use crate::problem::{ApiError, Result};
use crate::reply;

/// Bytes of answers, after which all are given up.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// What an answer takes beside its texts, about.
const EACH: usize = 256;

/// A body of JSON and its ETag, the same for everybody who may read it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    body: Bytes,
    /// Without its quotes.
    etag: Option<String>,
}

impl Answer {
    /// The answer with this body.
    pub(crate) fn of(body: &impl Serialize) -> Result<Self> {
        Ok(Self { body: serde_json::to_vec(body).map_err(ApiError::internal)?.into(), etag: None })
    }

    /// The same under the ETag of a revision.
    pub(crate) fn of_revision(self, revision: i64) -> Self {
        Self { etag: Some(revision.to_string()), ..self }
    }

    /// The same under an ETag that is its hash.
    ///
    /// A revision would not do for a body that is made of several things: each has its own.
    pub(crate) fn hashed(self) -> Self {
        Self { etag: Some(hex::encode(&Sha256::digest(&self.body)[..16])), ..self }
    }

    /// The answer, or 304 if the reader has it already.
    pub(crate) fn unless_known(self, known: &IfNoneMatch) -> Response {
        if !self.etag.as_deref().is_some_and(|etag| known.has(etag)) {
            return self.into_response();
        }
        let mut response = Self { body: Bytes::new(), ..self }.into_response();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body.into());
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(etag) = self.etag {
            reply::set(&mut response, header::ETAG, &format!("\"{etag}\""));
        }
        response
    }
}

/// Answers by address, all of one state of the cards.
#[derive(Debug, Default)]
pub(crate) struct CardAnswers(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// The state that was asked for before any of them was read.
    state: u64,
    bytes: usize,
    answers: HashMap<String, Answer>,
}

impl CardAnswers {
    /// The answer at this address: the one that is kept if the cards are still in that state, or else what `read` finds.
    ///
    /// `state` was asked before `read` begins: a change in between makes the answer younger than its state, and it is
    /// not used again. Asked after, an old answer would pass for a new one.
    pub(crate) async fn at(
        &self,
        address: &Uri,
        state: Option<u64>,
        read: impl Future<Output = Result<Answer>>,
    ) -> Result<Answer> {
        let Some(state) = state else { return read.await };
        let address = address.path_and_query().map_or(address.path(), |address| address.as_str());
        if let Some(answer) = self.find(address, state) {
            return Ok(answer);
        }
        let answer = read.await?;
        self.keep(address, state, &answer);
        Ok(answer)
    }

    fn find(&self, address: &str, state: u64) -> Option<Answer> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.answers.get(address).filter(|_| kept.state == state).cloned()
    }

    fn keep(&self, address: &str, state: u64, answer: &Answer) {
        let size = address.len() + answer.body.len() + EACH;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.state > state {
            return;
        }
        let mut given_up = Kept::default();
        if kept.state < state || kept.bytes + size > MOST_BYTES {
            given_up = mem::replace(&mut *kept, Kept { state, ..Kept::default() });
        }
        if kept.answers.insert(address.to_owned(), answer.clone()).is_none() {
            kept.bytes += size;
        }
        drop(kept);
        // Many answers take a while to free, and others need the lock.
        drop(given_up);
    }
}
