//! People: their accounts, how they prove who they are, and of which workspaces they are members.
//!
//! Passwords, tokens and keys are stored as hashes alone. What decides whether somebody is let in is read from the
//! database each time, through caches of at most a second that a change in this process empties at once.

mod access;
mod access_token;
mod account;
mod api_key_text;
mod api_keys;
mod erasure;
mod links;
mod members;
pub(crate) mod names;
mod passwords;
mod recent;
pub(crate) mod secret;
mod sessions;
mod settings;
mod setup;
mod sign_in;
mod signing_keys;
mod totp;
mod turns;
mod two_factor;
mod upkeep;
mod users;
mod workspaces;

use std::sync::Arc;
use std::time::Duration;

use domain::audit::{Action, Entry};
use domain::clock::{Clock, Millis};
use domain::ids::{IdSource, TokenId, UserId, WorkspaceId};
use domain::permission::{ServerRole, WorkspaceRole};
use store::Store;
use tokio::sync::{Semaphore, watch};
use tokio_util::task::TaskTracker;

pub use account::{Account, CurrentSession, Workspace};
pub use api_keys::{ApiKey, MadeApiKey, NewApiKey};
pub use links::{Invite, LinkView, MadeLink};
pub use members::{EnterWorkspace, Member, NewMember};
pub use sessions::Session;
pub use settings::{AuthSettings, Registration, WrongAuth};
pub use setup::NewAccount;
pub use sign_in::{AccessGrant, ClientInfo, SignIn, SignInOutcome, SignedIn};
pub use signing_keys::{PublicKey, PublicKeys};
pub use two_factor::TwoFactorSetup;
pub use users::EditUser;
pub use workspaces::{EditWorkspace, NewWorkspace};

pub(crate) use names::key as name_key;

use crate::audit::Audit;
use crate::error::Result;
use crate::secrets::Sealer;
use access::{LiveKey, LiveSession};
use access_token::AccessToken;
use passwords::Hasher;
use recent::Recent;
use signing_keys::SigningKeys;

/// How long a token that was verified is not verified again.
const VERIFIED: Duration = Duration::from_mins(1);
/// How long what the database said is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// How many tokens, sessions, keys and memberships are remembered.
const MOST: usize = 10_000;

/// Everybody who may use the server.
pub struct People {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    settings: AuthSettings,
    sealer: Sealer,
    audit: Arc<Audit>,
    hasher: Hasher,
    keys: SigningKeys,
    waiting: Semaphore,
    verified_tokens: Recent<[u8; 32], AccessToken>,
    live_sessions: Recent<TokenId, Arc<LiveSession>>,
    live_keys: Recent<[u8; 32], Arc<LiveKey>>,
    live_roles: Recent<(UserId, WorkspaceId), Option<WorkspaceRole>>,
    /// Told when this process has changed something of them.
    changes: watch::Sender<()>,
    tasks: TaskTracker,
}

impl People {
    /// Reads the keys that tokens are signed with, or makes the first ones.
    pub async fn open(
        store: &Store,
        clock: &Arc<dyn Clock>,
        ids: &Arc<dyn IdSource>,
        sealer: Sealer,
        settings: AuthSettings,
        audit: &Arc<Audit>,
        tasks: &TaskTracker,
    ) -> Result<Self> {
        let keys = SigningKeys::start(store, sealer.clone(), &**clock).await?;
        Ok(Self {
            store: store.clone(),
            clock: Arc::clone(clock),
            ids: Arc::clone(ids),
            settings,
            sealer,
            audit: Arc::clone(audit),
            hasher: Hasher::new(),
            keys,
            waiting: Semaphore::new(turns::WAITING),
            verified_tokens: Recent::new(MOST, VERIFIED),
            live_sessions: Recent::new(MOST, BELIEVED),
            live_keys: Recent::new(MOST, BELIEVED),
            live_roles: Recent::new(MOST, BELIEVED),
            changes: watch::Sender::new(()),
            tasks: tasks.clone(),
        })
    }

    /// Forgets what the database said: something of it was changed by this process.
    fn forget(&self) {
        self.live_sessions.forget();
        self.live_keys.forget();
        self.live_roles.forget();
        self.changes.send_replace(());
    }

    /// Hears of what this process changes: who may have been let in before may not be any more.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Something that somebody does who is not known yet, or not any more.
    fn entry_of(&self, client: &ClientInfo, action: Action) -> Entry {
        self.audit.anonymous(client.address, client.request, action)
    }

    /// The present time, by which credentials are judged.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Whether anybody may make an account.
    pub fn registration_is_open(&self) -> bool {
        self.settings.registration == Registration::Open
    }

    /// What an account may go by.
    fn role_now(&self, role: ServerRole, two_factor: bool) -> ServerRole {
        if role == ServerRole::Admin && self.settings.require_admin_mfa && !two_factor {
            ServerRole::User
        } else {
            role
        }
    }
}
