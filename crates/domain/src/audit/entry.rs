//! What is to be written down.

use std::fmt::Display;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::Action;
use crate::caller::{Caller, Credential};
use crate::clock::Millis;
use crate::ids::{ApiKeyId, SessionId, UserId, WorkspaceId};

/// By what somebody showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A session.
    Session,
    /// An API key.
    ApiKey,
    /// Nothing: they are at the machine itself, or are the server.
    Machine,
    /// Nothing, over the network.
    Anonymous,
}

impl ActorKind {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::ApiKey => "api_key",
            Self::Machine => "machine",
            Self::Anonymous => "anonymous",
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed.
    Refused,
}

impl Outcome {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// Something that was done, as it is to be written down. It holds ids and hashes, never a name, an address or a
/// secret: nobody can be erased from a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Millis,
    /// By what the actor showed who they are.
    pub actor_kind: ActorKind,
    /// The account.
    pub actor: Option<UserId>,
    /// The session or the API key.
    pub credential: Option<String>,
    /// The address that it came from, as a hash under a key that is dropped after a while.
    pub address: Option<String>,
    /// What.
    pub action: Action,
    /// The workspace that it was done in.
    pub workspace: Option<WorkspaceId>,
    /// To what: its kind, a colon and its id, such as `card:0198…`; empty: to nothing in particular.
    pub object: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The request.
    pub request: Option<Uuid>,
    /// What else is to be known.
    pub detail: Map<String, Value>,
}

impl Entry {
    /// Something that a caller does; `address` is the hash of where it came from.
    pub fn of(caller: &Caller, address: Option<String>, action: Action, at: Millis) -> Self {
        let (actor_kind, credential) = match &caller.credential {
            Credential::Session { id, .. } => (ActorKind::Session, Some(id.to_string())),
            Credential::ApiKey { id, .. } => (ActorKind::ApiKey, Some(id.to_string())),
            Credential::Machine => (ActorKind::Machine, None),
        };
        Self {
            at,
            actor_kind,
            actor: caller.user,
            credential,
            address,
            action,
            workspace: None,
            object: String::new(),
            outcome: Outcome::Done,
            request: caller.request,
            detail: Map::new(),
        }
    }

    /// Something that nobody known does, over the network.
    pub fn anonymous(address: Option<String>, request: Option<Uuid>, action: Action, at: Millis) -> Self {
        let actor_kind = ActorKind::Anonymous;
        Self { actor_kind, address, request, ..Self::of(&Caller::machine(), None, action, at) }
    }

    /// By an account, in a session of it.
    #[must_use]
    pub fn in_session(mut self, user: UserId, session: SessionId) -> Self {
        self.actor_kind = ActorKind::Session;
        (self.actor, self.credential) = (Some(user), Some(session.to_string()));
        self
    }

    /// By an account, with an API key of it.
    #[must_use]
    pub fn by_key(mut self, user: UserId, key: ApiKeyId) -> Self {
        self.actor_kind = ActorKind::ApiKey;
        (self.actor, self.credential) = (Some(user), Some(key.to_string()));
        self
    }

    /// In a workspace.
    #[must_use]
    pub fn in_workspace(mut self, workspace: WorkspaceId) -> Self {
        self.workspace = Some(workspace);
        self
    }

    /// To the thing of this kind and id.
    #[must_use]
    pub fn on(mut self, kind: &str, id: impl Display) -> Self {
        self.object = format!("{kind}:{id}");
        self
    }

    /// With something else that is to be known.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// It was not allowed, for the reason of this code.
    #[must_use]
    pub fn refused(mut self, code: &str) -> Self {
        self.outcome = Outcome::Refused;
        self.with("code", code)
    }
}
