//! Accounts, sessions and keys, below the doors: on a file, and beside a `PostgreSQL` on that.
#![expect(clippy::panic, reason = "a test that finds something else fails")]

mod access;
mod accounts;
mod keys;
mod links;
mod refresh;
mod sign_in;
mod two_factor;
mod workspaces;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::caller::{Caller, Credential};
use domain::clock::{Clock, Millis};
use domain::ids::{IdSource, WorkspaceId};
use domain::permission::ServerRole;
use engine::audit::{Audit, AuditSettings};
use engine::people::{AuthSettings, ClientInfo, NewAccount, People, SignIn, SignInOutcome, SignedIn};
use engine::secrets::{MasterKey, Sealer};
use engine::{DEFAULT_WORKSPACE, Denial, Error};
use promptcards::SystemIds;
use secrecy::{ExposeSecret, SecretString};
use store::Store;
use testkit::TestDatabase;
use tokio_util::task::TaskTracker;

const SECOND: Millis = 1000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;
/// When everything begins.
const START: Millis = 1_790_000_000_123;
/// What every account of these tests has.
const PASSWORD: &str = "quartz plough mellow hinge";

/// A clock that is set.
#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

/// The people of a server.
struct House {
    people: Arc<People>,
    store: Store,
    clock: Arc<SetClock>,
    settings: AuthSettings,
    master: MasterKey,
    _database: Option<TestDatabase>,
}

impl House {
    async fn build() -> Self {
        Self::build_with(AuthSettings::default()).await
    }

    async fn build_with(settings: AuthSettings) -> Self {
        let database = TestDatabase::new();
        let store = Store::open(database.settings()).unwrap();
        Self {
            _database: Some(database),
            ..Self::on(store, settings, MasterKey::draw().unwrap(), START).await
        }
    }

    /// One whose store runs on the calling thread, for tests whose time is paused.
    async fn in_place() -> Self {
        let store = Store::open_in_place().unwrap();
        Self::on(store, AuthSettings::default(), MasterKey::draw().unwrap(), START).await
    }

    async fn on(store: Store, settings: AuthSettings, master: MasterKey, now: Millis) -> Self {
        let clock = Arc::new(SetClock(AtomicI64::new(now)));
        let (of_people, ids): (Arc<dyn Clock>, Arc<dyn IdSource>) = (clock.clone(), Arc::new(SystemIds));
        let sealer = Sealer::new(&store, &of_people, master.clone());
        let tasks = TaskTracker::new();
        let audit = Audit::open(&store, &sealer, &of_people, AuditSettings::default(), &tasks).await.unwrap();
        let opened = People::open(&store, &of_people, &ids, sealer, settings.clone(), &audit, &tasks).await;
        Self { people: Arc::new(opened.unwrap()), store, clock, settings, master, _database: None }
    }

    /// Another process on the same database. On a file it is the same store, which two processes cannot have.
    async fn beside(&self) -> Self {
        Self::on(self.store.clone(), self.settings.clone(), self.master.clone(), self.clock.now()).await
    }

    fn pass(&self, time: Millis) {
        self.clock.0.fetch_add(time, Ordering::Relaxed);
    }

    /// Makes the first account, the admin `ada`, and signs it in.
    async fn set_up(&self) -> SignedIn {
        let secret = self.people.setup_secret(None).await.unwrap().unwrap();
        self.people.finish_setup(secret.expose_secret(), account("ada"), &client()).await.unwrap()
    }

    /// Makes an account, and signs it in.
    async fn join(&self, name: &str, role: ServerRole) -> SignedIn {
        self.people.create_user(&Caller::machine(), account(name), role).await.unwrap();
        self.sign_in(name).await
    }

    async fn sign_in(&self, name: &str) -> SignedIn {
        match self.try_sign_in(name, PASSWORD, None).await.unwrap() {
            SignInOutcome::SignedIn(signed_in) => *signed_in,
            SignInOutcome::SecondFactorNeeded => panic!("{name} has a second factor"),
        }
    }

    async fn try_sign_in(
        &self,
        name: &str,
        password: &str,
        code: Option<&str>,
    ) -> engine::Result<SignInOutcome> {
        let sign_in = SignIn {
            name: name.to_owned(),
            password: password.into(),
            code: code.map(str::to_owned),
            remember: false,
        };
        self.people.sign_in(sign_in, &client()).await
    }

    /// Who shows the access token of this session.
    async fn caller(&self, signed_in: &SignedIn) -> Caller {
        self.people.authenticate_access(signed_in.access.token.expose_secret()).await.unwrap()
    }

    /// Whether the access token of this session lets somebody in.
    async fn lets_in(&self, signed_in: &SignedIn) -> bool {
        lets_in(self.people.authenticate_access(signed_in.access.token.expose_secret()).await)
    }

    async fn refresh(&self, token: &SecretString) -> engine::Result<SignedIn> {
        self.people.refresh(token.expose_secret(), &client()).await
    }

    async fn default_workspace(&self) -> WorkspaceId {
        let found = self.store.read(|conn| store::workspaces::find(conn, DEFAULT_WORKSPACE)).await;
        found.unwrap().unwrap()
    }
}

/// Whether somebody is let in; anything but a token that is not good is a failure of the test.
fn lets_in(answer: engine::Result<Caller>) -> bool {
    match answer {
        Ok(_) => true,
        Err(Error::Denied { kind: Denial::Token, .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

fn account(name: &str) -> NewAccount {
    NewAccount { name: name.to_owned(), email: None, password: PASSWORD.into() }
}

fn client() -> ClientInfo {
    ClientInfo { address: Some([192, 0, 2, 7].into()), user_agent: "test".to_owned(), request: None }
}

fn confirmed_at(caller: &Caller) -> Millis {
    match caller.credential {
        Credential::Session { confirmed_at, .. } => confirmed_at,
        _ => panic!("no session: {caller:?}"),
    }
}

#[track_caller]
fn denied<T>(answer: engine::Result<T>, expected: Denial) {
    match answer {
        Err(Error::Denied { kind, .. }) => assert_eq!(kind, expected),
        Err(error) => panic!("{error:?} instead of {expected:?}"),
        Ok(_) => panic!("let in instead of {expected:?}"),
    }
}

#[track_caller]
fn conflict<T>(answer: engine::Result<T>, expected: engine::Conflict) {
    match answer {
        Err(Error::Conflict { kind, .. }) => assert_eq!(kind, expected),
        Err(error) => panic!("{error:?} instead of {expected:?}"),
        Ok(_) => panic!("done instead of {expected:?}"),
    }
}

/// The places of a request that were refused.
#[track_caller]
fn problems<T>(answer: engine::Result<T>) -> Vec<String> {
    match answer {
        Err(Error::Invalid { problems, .. }) => problems.into_iter().map(|problem| problem.pointer).collect(),
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("taken"),
    }
}
