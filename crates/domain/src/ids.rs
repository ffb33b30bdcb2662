//! Identifiers: one type a thing, so that a card's id cannot be passed for a run's.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where new identifiers come from. Production draws `UUIDv7`; tests draw a known sequence.
pub trait IdSource: Send + Sync {
    /// A fresh identifier, larger than all identifiers drawn earlier in an earlier millisecond.
    fn next(&self) -> Uuid;
}

/// The text is not a UUID.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an identifier: expected a UUID like 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct InvalidId(String);

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier from `source`.
            pub fn new(source: &dyn IdSource) -> Self {
                Self(source.next())
            }

            /// Its 128 bits.
            pub fn to_bits(self) -> u128 {
                self.0.as_u128()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId(text.chars().take(64).collect()))
            }
        }
    )*};
}

identifiers! {
    /// A workspace.
    WorkspaceId,
    /// A prompt card.
    CardId,
    /// An immutable version of a card.
    VersionId,
    /// A suite of test cases.
    SuiteId,
    /// A test case.
    CaseId,
    /// A configured model server.
    ProviderId,
    /// Something that this server may call.
    EndpointId,
    /// A run.
    RunId,
    /// A model on its way onto a model server.
    PullId,
    /// One start of the server: the owner of the leases it takes.
    InstanceId,
    /// An account.
    UserId,
    /// A person's session in one browser or program.
    SessionId,
    /// An access token of a session.
    TokenId,
    /// An API key.
    ApiKeyId,
    /// What lets others read a card or a run.
    ShareId,
}
