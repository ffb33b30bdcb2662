//! What the engine's errors are to a caller. The one place that decides it.

use engine::{Conflict, Denial, Error, Problem, StartProblem, StoreError};
use http::HeaderValue;
use http::header;

use crate::problem::{ApiError, Code, FieldError};
use crate::reply::etag;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(detail) => Self::not_found(detail),
            Error::Invalid { detail, problems } => {
                Self::new(Code::Invalid, detail).with_errors(fields(problems))
            }
            Error::Conflict { kind, detail } => Self::new(of_conflict(kind), detail),
            Error::Stale { detail, revision } => {
                let stale = Self::new(Code::Stale, detail);
                match HeaderValue::from_str(&etag(revision)) {
                    Ok(value) => stale.with_header(header::ETAG, value),
                    Err(_) => stale,
                }
            }
            Error::CannotStart { kind, detail, problems } => {
                let error = Self::new(of_start(kind), detail).with_errors(fields(problems));
                if kind == StartProblem::ProviderUnavailable { error.retry_after(10) } else { error }
            }
            Error::Denied { kind, detail } => Self::new(of_denial(kind), detail),
            Error::Overloaded => Self::new(Code::Overloaded, Code::Overloaded.meaning()).retry_after(2),
            Error::NoRandomness(_) | Error::Hash(_) => Self::internal(error),
            Error::KeyReused => Self::new(Code::IdempotencyMismatch, Code::IdempotencyMismatch.meaning()),
            Error::ModelServer(detail) => Self::new(Code::ProviderUnavailable, detail).retry_after(10),
            Error::Store(cause) => of_store(cause),
            Error::Secrets(cause) => Self::internal(cause),
            Error::LimitReached { policy, retry_after } => Self::rate_limited(vec![policy], retry_after),
            Error::Json(cause) => Self::internal(cause),
        }
    }
}

fn fields(problems: Vec<Problem>) -> Vec<FieldError> {
    problems.into_iter().map(|problem| FieldError::new(problem.pointer, problem.detail)).collect()
}

fn of_conflict(kind: Conflict) -> Code {
    match kind {
        Conflict::SlugTaken => Code::SlugTaken,
        Conflict::NothingChanged => Code::NothingChanged,
        Conflict::Archived => Code::Archived,
        Conflict::WrongState => Code::WrongState,
        Conflict::ModelInUse => Code::ModelInUse,
        Conflict::NameTaken => Code::NameTaken,
        Conflict::LastAdmin => Code::LastAdmin,
        Conflict::LastOwner => Code::LastOwner,
        Conflict::TwoFactor => Code::TwoFactorState,
        Conflict::ProviderInUse => Code::ProviderInUse,
        Conflict::TooMany => Code::TooMany,
    }
}

fn of_denial(kind: Denial) -> Code {
    match kind {
        Denial::SignIn => Code::SignInFailed,
        Denial::Password => Code::WrongPassword,
        Denial::Token => Code::InvalidToken,
        Denial::NoSession => Code::SignInRequired,
        Denial::Link => Code::InvalidLink,
        Denial::Share => Code::NotFound,
        Denial::Registration => Code::RegistrationClosed,
        Denial::NotAllowed => Code::Forbidden,
    }
}

fn of_start(kind: StartProblem) -> Code {
    match kind {
        StartProblem::ModelMissing => Code::ModelMissing,
        StartProblem::ProviderUnavailable => Code::ProviderUnavailable,
        StartProblem::NoCases => Code::NoCases,
        StartProblem::TooManyCells => Code::TooManyCells,
    }
}

fn of_store(cause: StoreError) -> ApiError {
    match cause {
        StoreError::StorageFull => {
            ApiError::new(Code::StorageFull, Code::StorageFull.meaning()).retry_after(30).caused_by(cause)
        }
        StoreError::Overloaded => {
            ApiError::new(Code::Overloaded, Code::Overloaded.meaning()).retry_after(1).caused_by(cause)
        }
        StoreError::Busy => {
            let detail =
                "Another program holds the database. Nothing was stored; try again when it has ended.";
            ApiError::new(Code::Unavailable, detail).retry_after(5).caused_by(cause)
        }
        StoreError::Storage { .. } => {
            let detail = "The server's disk failed. Nothing was stored; the server's log says more.";
            ApiError::new(Code::Unavailable, detail).retry_after(30).caused_by(cause)
        }
        StoreError::OutcomeUnknown { .. } => {
            let detail = "The database failed while the change was being stored. It may or may not be there: \
                          look before you repeat it.";
            ApiError::new(Code::Unavailable, detail).retry_after(30).caused_by(cause)
        }
        StoreError::Unavailable { .. } | StoreError::Untrusted { .. } => {
            let detail = "The database server cannot be reached or cannot write now. Nothing was stored; try again \
                          in a few seconds.";
            ApiError::new(Code::Unavailable, detail).retry_after(5).caused_by(cause)
        }
        StoreError::Conflicted => {
            let detail = "Other changes came in between, again and again. Nothing was stored; try again.";
            ApiError::new(Code::Unavailable, detail).retry_after(1).caused_by(cause)
        }
        StoreError::Closed => ApiError::new(Code::ShuttingDown, Code::ShuttingDown.meaning()).retry_after(5),
        other => ApiError::internal(other),
    }
}
