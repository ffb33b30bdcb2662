//! What can go wrong, by what the caller can do about it.

use crate::secrets::SecretsError;

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is, as a JSON pointer into the request.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// A problem at a place.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// Which rule the present state of things does not allow to be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another card has the slug.
    SlugTaken,
    /// The draft equals the latest version.
    NothingChanged,
    /// The card is archived.
    Archived,
    /// The run, or the pull, is in a state in which this cannot be done.
    WrongState,
    /// A run uses the model, or it is on its way.
    ModelInUse,
    /// Another account has the name or the e-mail address.
    NameTaken,
    /// No admin would be left.
    LastAdmin,
    /// The workspace would have no owner left.
    LastOwner,
    /// There is a second factor already, or none.
    TwoFactor,
    /// A run uses the provider.
    ProviderInUse,
    /// There are as many as there may be.
    TooMany,
}

/// Why somebody is not let in, or may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// No account has this name, or its password or code is another one. Which of them is not told.
    SignIn,
    /// It is not the password of who is signed in, or not the code.
    Password,
    /// The token or key is none of ours, or has ended.
    Token,
    /// Nobody is signed in.
    NoSession,
    /// The link is none of ours, was used, or has expired.
    Link,
    /// The link or the share is none of ours, or lets nothing be read any more. Which of them is not told.
    Share,
    /// Accounts are not made in this way here.
    Registration,
    /// Their role does not let them.
    NotAllowed,
}

impl Denial {
    fn detail(self) -> &'static str {
        match self {
            Self::SignIn => "Name, password or code is wrong.",
            Self::Password => "This is not the password, or not the code.",
            Self::Token => "The token is not valid, or it has ended. Sign in again.",
            Self::NoSession => "Nobody is signed in.",
            Self::Link => "The link is not valid, or it was used or has expired. Ask for another one.",
            Self::Share => {
                "Nothing is shared here: it was taken back, has expired or is gone, or it never was. Ask who shared it."
            }
            Self::Registration => "Accounts are not made in this way on this server. Ask an admin.",
            Self::NotAllowed => "Your role does not let you do this.",
        }
    }
}

/// Why a run cannot be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartProblem {
    /// A model is not on its server.
    ModelMissing,
    /// A model server does not answer.
    ProviderUnavailable,
    /// There is no case to run.
    NoCases,
    /// The matrix is larger than a run may be.
    TooManyCells,
}

/// An operation of the product failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// What was sent contradicts our rules.
    #[error("{detail}")]
    Invalid {
        /// What is wrong, in a sentence.
        detail: String,
        /// Each single problem.
        problems: Vec<Problem>,
    },
    /// What was sent is right, and cannot be done now.
    #[error("{detail}")]
    Conflict {
        /// Which rule forbids it.
        kind: Conflict,
        /// What is in the way and what to do, in a sentence.
        detail: String,
    },
    /// Somebody else has changed it since it was read.
    #[error("{detail}")]
    Stale {
        /// Who changed it and when, in a sentence.
        detail: String,
        /// The revision that it has now.
        revision: i64,
    },
    /// The run cannot be started.
    #[error("{detail}")]
    CannotStart {
        /// Why.
        kind: StartProblem,
        /// Why, and what to do, in a sentence.
        detail: String,
        /// Each single problem.
        problems: Vec<Problem>,
    },
    /// The key of a repeated request was used for another one.
    #[error(
        "this Idempotency-Key was used for a different request; nothing was done, use a new key for a new request"
    )]
    KeyReused,
    /// Somebody is not let in, or may not do it.
    #[error("{detail}")]
    Denied {
        /// Why.
        kind: Denial,
        /// Why, in a sentence.
        detail: &'static str,
    },
    /// Too many ask at once for what takes long.
    #[error("too many sign in at once; nothing was done, try again")]
    Overloaded,
    /// The system has no random bytes.
    #[error("the system gave no random bytes: {0}")]
    NoRandomness(String),
    /// A password cannot be hashed, or what is stored is no hash.
    #[error("a hash could not be made or read: {0}")]
    Hash(String),
    /// Somebody has done as much as they may for now.
    #[error("the limit `{policy}` is reached; there is room again in {retry_after} s")]
    LimitReached {
        /// Which limit.
        policy: &'static str,
        /// In how many seconds there is room again.
        retry_after: u32,
    },
    /// A model server did not do what it was asked. The sentence says why.
    #[error("{0}")]
    ModelServer(String),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A secret cannot be opened or sealed.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// Something of ours cannot be written as JSON.
    #[error("a value could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Error {
    /// There is no such thing; `what` ends the sentence, as in: There is no card `x`.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::NotFound(format!("There is no {what}."))
    }

    /// Somebody is not let in, or may not do it.
    pub(crate) fn denied(kind: Denial) -> Self {
        Self::Denied { kind, detail: kind.detail() }
    }

    /// One problem at one place.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::Invalid { detail: detail.clone(), problems: vec![Problem::at(pointer, detail)] }
    }

    /// Several problems, none of which is an empty list.
    pub fn problems(problems: Vec<Problem>) -> Self {
        let detail = match problems.as_slice() {
            [only] => only.detail.clone(),
            [first, rest @ ..] => format!("{} And {} more.", first.detail, rest.len()),
            [] => String::new(),
        };
        Self::Invalid { detail, problems }
    }

    /// Whether the database as a whole cannot do its work now, which the store has said in the log once.
    pub(crate) fn is_trouble(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_trouble())
    }

    /// A conflict with the present state.
    pub fn conflict(kind: Conflict, detail: impl Into<String>) -> Self {
        Self::Conflict { kind, detail: detail.into() }
    }
}

/// The result of an operation.
pub type Result<T> = std::result::Result<T, Error>;
