//! Who asks: drawn once from a request's credentials, and carried to every change and its record.

use std::net::IpAddr;
use std::sync::Arc;

use uuid::Uuid;

use crate::clock::Millis;
use crate::ids::{ApiKeyId, SessionId, TokenId, UserId, WorkspaceId};
use crate::permission::{Scope, ServerRole};

/// How somebody proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A session, by cookie or by bearer token.
    Session {
        /// The session.
        id: SessionId,
        /// The access token that was shown, which ends with a sign-out.
        token: TokenId,
        /// When the password was last given in it.
        confirmed_at: Millis,
    },
    /// An API key.
    ApiKey {
        /// The key.
        id: ApiKeyId,
        /// The only workspace that it opens.
        workspace: WorkspaceId,
        /// What it may be used for.
        scopes: Arc<[Scope]>,
    },
    /// Somebody at the machine itself: the command line, or a test of the engine.
    Machine,
}

/// Who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account; none for the machine itself.
    pub user: Option<UserId>,
    /// The account's name, which never changes until its person is erased: what `author` and `created_by` say.
    pub name: Arc<str>,
    /// What the account is on the server.
    pub role: ServerRole,
    /// How they proved it.
    pub credential: Credential,
    /// Where the request came from, if it came over the network.
    pub address: Option<IpAddr>,
    /// The request.
    pub request: Option<Uuid>,
}

impl Caller {
    /// The machine itself, which may do everything.
    pub fn machine() -> Self {
        Self {
            user: None,
            name: Arc::from("local"),
            role: ServerRole::Admin,
            credential: Credential::Machine,
            address: None,
            request: None,
        }
    }
}
