//! Accounts, as admins see and change them.

pub(crate) mod api_keys;
pub(crate) mod edit;
pub(crate) mod end_sessions;
pub(crate) mod erase;
pub(crate) mod get;
pub(crate) mod invite;
pub(crate) mod list;
pub(crate) mod reset_link;

use domain::clock::Timestamp;
use engine::people::MadeLink;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

/// A link that works once.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneTimeLink {
    /// The path of the page and, behind `#`, the secret, which no server sees. It is shown this once: put the server's
    /// address before it and hand it over.
    link: String,
    /// Until when it works.
    expires_at: Timestamp,
}

impl OneTimeLink {
    fn of(made: &MadeLink, page: &str) -> Self {
        Self { link: format!("{page}#{}", made.secret.expose_secret()), expires_at: made.expires_at }
    }
}
