//! A model server that a simulation plays: no socket, no clock but tokio's, and every answer decided by its script.
//!
//! Compiled for tests alone, by the feature `scripted`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::card::Message;
use domain::completion::Completion;
use tokio::time::sleep;

use crate::error::{CallError, CallErrorKind};
use crate::facts::ModelFacts;
use crate::request::ChatRequest;
use crate::watch::Watch;

/// The one model that it has.
pub const MODEL: &str = "model";

/// What a server is asked.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// A model is asked a prompt: the text of its last message.
    Chat {
        /// The model.
        model: &'a str,
        /// The text.
        prompt: &'a str,
    },
    /// Whether it answers at all.
    Probe,
}

/// What becomes of a call.
#[derive(Debug, Clone)]
pub enum Turn {
    /// It is answered with this text.
    Answer(String),
    /// It fails in this way.
    Fail(CallErrorKind),
    /// Nothing ever comes.
    Hang,
}

/// How a call ends.
pub struct Played {
    /// After how long.
    pub after: Duration,
    /// How.
    pub turn: Turn,
    /// Told once: true when it has ended so, false when the caller gave it up before.
    pub ended: Box<dyn FnMut(bool) + Send + Sync>,
}

impl Drop for Played {
    fn drop(&mut self) {
        (self.ended)(false);
    }
}

type Script = dyn Fn(Asked<'_>) -> Played + Send + Sync;

/// The server.
#[derive(Clone)]
pub struct Scripted(Arc<Script>);

impl fmt::Debug for Scripted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scripted")
    }
}

impl Scripted {
    /// A server that does what `script` says of each call.
    pub fn new(script: impl Fn(Asked<'_>) -> Played + Send + Sync + 'static) -> Self {
        Self(Arc::new(script))
    }

    pub(crate) async fn chat(
        &self,
        request: &ChatRequest<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Completion, CallError> {
        let prompt = request.messages.last().map(Message::joined_text).unwrap_or_default();
        let played = (self.0)(Asked::Chat { model: request.model, prompt: &prompt });
        let content = watch.wait(play(played)).await??;
        watch.token();
        Ok(Completion { content, finish_reason: Some("stop".to_owned()), ..Completion::default() })
    }

    pub(crate) async fn version(&self) -> Result<Option<String>, CallError> {
        play((self.0)(Asked::Probe)).await.map(Some)
    }

    pub(crate) fn show(name: &str) -> ModelFacts {
        ModelFacts { name: name.to_owned(), digest: Some("scripted".to_owned()), ..ModelFacts::default() }
    }
}

async fn play(mut played: Played) -> Result<String, CallError> {
    sleep(played.after).await;
    let result = match std::mem::replace(&mut played.turn, Turn::Hang) {
        Turn::Answer(text) => Ok(text),
        Turn::Fail(kind) => Err(CallError::new(kind, "The script says so.")),
        Turn::Hang => std::future::pending().await,
    };
    (std::mem::replace(&mut played.ended, Box::new(|_| {})))(true);
    result
}
