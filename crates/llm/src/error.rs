//! What can go wrong with a model call, by what the caller can do about it.

use std::time::Duration;

use domain::completion::Completion;

/// Why a call brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// No connection to the model server.
    Connect,
    /// No connection within the limit.
    TimeoutConnect,
    /// Connected, but no token within the limit.
    TimeoutFirstToken,
    /// The answer began and then stood still for longer than the limit.
    TimeoutIdle,
    /// The server asks for a pause (429).
    RateLimited,
    /// The server does not have the model.
    ModelMissing,
    /// The server refuses the request as it is (3xx, 4xx).
    RefusedRequest {
        /// The HTTP status.
        status: u16,
    },
    /// The server failed (5xx, or an error in the midst of the answer).
    ServerError {
        /// The HTTP status, where the failure had one.
        status: Option<u16>,
    },
    /// The connection or the answer ended before it was done.
    Cut,
    /// What came is not the protocol of the server that this is meant to be.
    Garbage,
    /// A line or the whole answer is larger than we read.
    TooLarge,
    /// This program may not call the server: nothing was sent.
    NotAllowed,
    /// The server's breaker is open: nothing was sent.
    ProviderUnavailable,
    /// The caller gave up the call.
    Cancelled,
}

impl CallErrorKind {
    /// The word that is stored with an attempt.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::TimeoutConnect => "timeout_connect",
            Self::TimeoutFirstToken => "timeout_first_token",
            Self::TimeoutIdle => "timeout_idle",
            Self::RateLimited => "rate_limited",
            Self::ModelMissing => "model_missing",
            Self::RefusedRequest { .. } => "refused_request",
            Self::ServerError { .. } => "server_error",
            Self::Cut => "cut",
            Self::Garbage => "garbage",
            Self::TooLarge => "too_large",
            Self::NotAllowed => "not_allowed",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the same request may succeed when it is sent again.
    pub fn retryable(self) -> bool {
        match self {
            Self::Connect
            | Self::TimeoutConnect
            | Self::TimeoutFirstToken
            | Self::TimeoutIdle
            | Self::RateLimited
            | Self::ServerError { .. }
            | Self::Cut
            | Self::Garbage => true,
            Self::ModelMissing
            | Self::RefusedRequest { .. }
            | Self::TooLarge
            | Self::NotAllowed
            | Self::ProviderUnavailable
            | Self::Cancelled => false,
        }
    }

    /// Whether it speaks against the server, and not against this one request: so many in a row open its breaker.
    pub fn is_outage(self) -> bool {
        match self {
            Self::Connect
            | Self::TimeoutConnect
            | Self::TimeoutFirstToken
            | Self::TimeoutIdle
            | Self::ServerError { .. }
            | Self::Cut
            | Self::Garbage => true,
            Self::RateLimited
            | Self::ModelMissing
            | Self::RefusedRequest { .. }
            | Self::TooLarge
            | Self::NotAllowed
            | Self::ProviderUnavailable
            | Self::Cancelled => false,
        }
    }
}

/// A call that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct CallError {
    /// Why, for programs.
    pub kind: CallErrorKind,
    /// Why, for people: a sentence or two, with what to do.
    pub detail: String,
    /// How long the server asks to be left alone, where it does.
    pub retry_after: Option<Duration>,
    /// What had come until then, where something had.
    pub partial: Option<Box<Completion>>,
}

impl CallError {
    /// An error without a pause and without a partial answer.
    pub fn new(kind: CallErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), retry_after: None, partial: None }
    }

    /// The caller gave up the call.
    pub fn cancelled() -> Self {
        Self::new(CallErrorKind::Cancelled, "The call was cancelled before its answer was complete.")
    }

    /// Whether the same request may succeed when it is sent again.
    pub fn retryable(&self) -> bool {
        self.kind.retryable()
    }
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(crate) String);
