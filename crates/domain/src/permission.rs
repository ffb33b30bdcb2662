//! Who may do what: roles, scopes, and the rule of each permission. Every route of the HTTP API names one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::run::UnknownWord;

/// What an account is on the whole server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerRole {
    /// Sees what was shared, and nothing else.
    Guest,
    /// Works in the workspaces of which it is a member.
    User,
    /// Runs the server: accounts, model servers, limits, audit.
    Admin,
}

/// What a member is in a workspace. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceRole {
    /// Reads everything of the workspace.
    Viewer,
    /// Changes cards and cases, and runs them.
    Editor,
    /// Manages members and model servers.
    Owner,
}

/// The words of an enumeration, as the database, the API and the command line have them.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// The word that stands in the database, the API and the page.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word { $($word => Ok(Self::$variant),)* _ => Err(UnknownWord::of(word)) }
            }
        }
    };
}

words!(ServerRole { Guest = "guest", User = "user", Admin = "admin" });
words!(WorkspaceRole { Viewer = "viewer", Editor = "editor", Owner = "owner" });
words!(Scope {
    CardsRead = "cards:read",
    CardsWrite = "cards:write",
    RunsRead = "runs:read",
    RunsWrite = "runs:write",
    ModelsWrite = "models:write",
    Export = "export",
});

/// What an API key may be used for. A scope to write includes the one to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum Scope {
    /// Cards, versions, labels, suites and cases: read.
    #[serde(rename = "cards:read")]
    CardsRead,
    /// The same: change.
    #[serde(rename = "cards:write")]
    CardsWrite,
    /// Runs, models and model servers: read.
    #[serde(rename = "runs:read")]
    RunsRead,
    /// Runs: start and control.
    #[serde(rename = "runs:write")]
    RunsWrite,
    /// Models: pull and delete.
    #[serde(rename = "models:write")]
    ModelsWrite,
    /// Everything of a workspace as one file.
    #[serde(rename = "export")]
    Export,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] =
        [Self::CardsRead, Self::CardsWrite, Self::RunsRead, Self::RunsWrite, Self::ModelsWrite, Self::Export];

    /// Whether a key with this scope may do what `wanted` is for.
    pub fn includes(self, wanted: Self) -> bool {
        self == wanted
            || matches!(
                (self, wanted),
                (Self::CardsWrite, Self::CardsRead) | (Self::RunsWrite | Self::ModelsWrite, Self::RunsRead)
            )
    }
}

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Granted to everybody, also without an account.
    Anyone,
    /// See one's own account, its workspaces, and what was shared with it.
    AccountRead,
    /// Change one's own account: password, two-factor, sessions, API keys. Never with an API key.
    AccountWrite,
    /// Change what one signs in by: the e-mail address, and a second factor that is begun. Never with an API key.
    SignInWrite,
    /// See the state of the server and of what it depends on.
    HealthRead,
    /// See cards, versions, drafts, labels, suites and cases.
    CardsRead,
    /// Create, edit, archive and label cards; edit suites and cases.
    CardsWrite,
    /// Take everything of the workspace away as one file.
    CardsExport,
    /// See runs, their cells and outputs, and follow their events.
    RunsRead,
    /// Start, pause, resume, cancel, keep and delete runs.
    RunsControl,
    /// Let others read one card or one run, see who may, and take it back. Never with an API key.
    SharesWrite,
    /// List model servers and their models.
    ProvidersRead,
    /// Pull and delete models, and try whether a model server can be reached.
    ProvidersControl,
    /// Add, change and remove model servers, and give them keys. Never with an API key.
    ProvidersWrite,
    /// See who is a member of the workspace.
    MembersRead,
    /// Add, change and remove members; change the workspace's settings.
    MembersWrite,
    /// See accounts and workspaces.
    UsersRead,
    /// Invite, change and disable accounts; make workspaces.
    UsersWrite,
    /// See what was done by whom.
    AuditRead,
    /// See what the whole server may call and has called.
    ServerRead,
    /// Change what the whole server does: limits, endpoints, keys.
    ServerWrite,
}

/// What must be so for a permission to be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing.
    Anyone,
    /// Somebody is signed in; if `fresh`, the password was given within the last [`FRESH`].
    Account {
        /// Whether the password must have been given just now.
        fresh: bool,
    },
    /// An admin is signed in; `fresh` as above.
    Admin {
        /// Whether the password must have been given just now.
        fresh: bool,
    },
    /// A member of the workspace that the address names, with this role or a higher one.
    Member {
        /// The least role.
        role: WorkspaceRole,
        /// Whether an admin need not be a member. Where not, an admin must enter the workspace first, and its owners
        /// see that.
        or_admin: bool,
    },
}

/// For how many milliseconds after the password was given somebody may do what is most dangerous.
pub const FRESH: i64 = 5 * 60 * 1_000;

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 21] = [
        Self::Anyone,
        Self::AccountRead,
        Self::AccountWrite,
        Self::SignInWrite,
        Self::HealthRead,
        Self::CardsRead,
        Self::CardsWrite,
        Self::CardsExport,
        Self::RunsRead,
        Self::RunsControl,
        Self::SharesWrite,
        Self::ProvidersRead,
        Self::ProvidersControl,
        Self::ProvidersWrite,
        Self::MembersRead,
        Self::MembersWrite,
        Self::UsersRead,
        Self::UsersWrite,
        Self::AuditRead,
        Self::ServerRead,
        Self::ServerWrite,
    ];

    /// What must be so for it to be granted.
    pub fn rule(self) -> Rule {
        let member = |role, or_admin| Rule::Member { role, or_admin };
        match self {
            Self::Anyone => Rule::Anyone,
            Self::AccountRead | Self::AccountWrite => Rule::Account { fresh: false },
            Self::SignInWrite => Rule::Account { fresh: true },
            Self::HealthRead | Self::UsersRead | Self::ServerRead => Rule::Admin { fresh: false },
            Self::UsersWrite | Self::AuditRead | Self::ServerWrite => Rule::Admin { fresh: true },
            Self::CardsRead | Self::CardsExport | Self::RunsRead => member(WorkspaceRole::Viewer, false),
            Self::CardsWrite | Self::RunsControl | Self::SharesWrite => member(WorkspaceRole::Editor, false),
            Self::ProvidersRead | Self::MembersRead => member(WorkspaceRole::Viewer, true),
            Self::ProvidersControl | Self::ProvidersWrite | Self::MembersWrite => {
                member(WorkspaceRole::Owner, true)
            }
        }
    }

    /// The scope that an API key must have for it. None: no API key may do it, whatever its scopes.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::CardsRead => Some(Scope::CardsRead),
            Self::CardsWrite => Some(Scope::CardsWrite),
            Self::CardsExport => Some(Scope::Export),
            Self::RunsRead | Self::ProvidersRead => Some(Scope::RunsRead),
            Self::RunsControl => Some(Scope::RunsWrite),
            Self::ProvidersControl => Some(Scope::ModelsWrite),
            Self::Anyone
            | Self::AccountRead
            | Self::AccountWrite
            | Self::SignInWrite
            | Self::HealthRead
            | Self::SharesWrite
            | Self::ProvidersWrite
            | Self::MembersRead
            | Self::MembersWrite
            | Self::UsersRead
            | Self::UsersWrite
            | Self::AuditRead
            | Self::ServerRead
            | Self::ServerWrite => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_one_that_json_has() {
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_string(&scope).unwrap(), format!("\"{scope}\""));
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        for role in [ServerRole::Guest, ServerRole::User, ServerRole::Admin] {
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        for role in [WorkspaceRole::Viewer, WorkspaceRole::Editor, WorkspaceRole::Owner] {
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert!("root".parse::<ServerRole>().is_err());
    }
}
