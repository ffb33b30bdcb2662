//! Signing in, and giving the password again.

use std::net::IpAddr;

use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use domain::ids::{SessionId, TokenId, UserId};
use secrecy::SecretString;
use store::Conn;
use store::sessions::NewSession;
use store::users::UserRow;
use uuid::Uuid;

use super::access_token::{self, AccessToken};
use super::account::{Account, OwnSession};
use super::passwords::Hasher;
use super::two_factor::Factor;
use super::{People, names, secret};
use crate::error::{Denial, Error, Result};

/// Longest text that a browser or program may call itself by, in characters.
const USER_AGENT: usize = 200;
/// Longest name or address that is looked for.
const NAME: usize = 254;

/// Where somebody signs in from.
#[derive(Debug, Clone, Default)]
pub struct ClientInfo {
    /// The address, if it came over the network.
    pub address: Option<IpAddr>,
    /// What the browser or program calls itself.
    pub user_agent: String,
    /// The request, if it came over the network.
    pub request: Option<Uuid>,
}

/// What somebody signs in with.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The name of the account, or its e-mail address.
    pub name: String,
    /// Its password.
    pub password: SecretString,
    /// A code of its second factor, or a recovery code.
    pub code: Option<String>,
    /// Whether the session is to outlast the browser.
    pub remember: bool,
}

/// What a sign-in came to.
#[derive(Debug)]
pub enum SignInOutcome {
    /// Signed in.
    SignedIn(Box<SignedIn>),
    /// The password is right, and a code is asked for.
    SecondFactorNeeded,
}

/// A session, with the tokens that are shown once.
#[derive(Debug)]
pub struct SignedIn {
    /// Who is signed in.
    pub user: Account,
    /// The session.
    pub session: SessionId,
    /// What a request shows.
    pub access: AccessGrant,
    /// What is exchanged for the next access token, once.
    pub refresh_token: SecretString,
    /// When the session ends at the latest.
    pub session_expires_at: Timestamp,
    /// Whether it outlasts the browser.
    pub remembered: bool,
}

/// An access token.
#[derive(Debug)]
pub struct AccessGrant {
    /// The token.
    pub token: SecretString,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// A session to be begun, drawn before the closure that may run again.
#[derive(Clone)]
pub(super) struct BegunSession {
    row: NewSession,
    refresh_hash: String,
    most: u32,
}

impl BegunSession {
    pub(super) fn id(&self) -> SessionId {
        self.row.id
    }

    /// Begins it; of the account's sessions as many stay as it may have.
    pub(super) fn insert(&self, conn: &mut Conn) -> store::Result<()> {
        store::sessions::insert(conn, &self.row)?;
        store::refresh_tokens::insert(conn, &self.refresh_hash, self.row.id, 0, self.row.at)?;
        store::sessions::end_oldest(conn, self.row.user_id, i64::from(self.most), self.row.at).map(drop)
    }
}

/// Denies an access token as long as it could be shown.
pub(super) fn deny(conn: &mut Conn, issuer: &str, token: TokenId, at: Millis) -> store::Result<()> {
    let until = at + access_token::LASTING + 2 * access_token::LEEWAY;
    store::denied_tokens::deny(conn, issuer, token, until)
}

impl People {
    /// Begins a session for who knows the password, and the code if there is a second factor.
    ///
    /// Whatever is wrong, the answer is the same and takes the same time. After ten failures with a name in a row, each
    /// further try with it waits, at most a minute; it is never refused for that.
    pub async fn sign_in(&self, sign_in: SignIn, client: &ClientInfo) -> Result<SignInOutcome> {
        let SignIn { name, password, code, remember } = sign_in;
        let key = names::key(&name.chars().take(NAME).collect::<String>());
        let name_hash = secret::hash(&key);
        self.wait_for_turn(&name_hash).await?;
        let user = self.store.read(move |conn| store::users::find(conn, &key)).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let verified = self.hasher.verify(password.clone(), hash).await?;
        let Some(user) = user.filter(|user| verified.right && user.disabled_at.is_none()) else {
            return self.sign_in_failed(name_hash, client).await;
        };
        let factor = match (user.totp_confirmed_at, code) {
            (None, _) => None,
            (Some(_), None) => return Ok(SignInOutcome::SecondFactorNeeded),
            (Some(_), Some(code)) => match self.read_code(&user, &code).await? {
                Some(factor) => Some(factor),
                None => return self.sign_in_failed(name_hash, client).await,
            },
        };
        let (begun, refresh_token) = self.new_session(user.id, remember, client)?;
        let (session, row, cleared, at) = (begun.clone(), user.clone(), name_hash.clone(), begun.row.at);
        let entry = |action| self.entry_of(client, action).in_session(user.id, begun.id());
        let (signed_in, code_used) = (entry(Action::SignIn), entry(Action::RecoveryCodeUse));
        let begins = self
            .store
            .write(move |conn| {
                // Between the look and now: the password was changed, the account disabled, the code used.
                let same = store::users::get(conn, row.id)?.is_some_and(|now| {
                    now.password_hash == row.password_hash
                        && now.disabled_at.is_none()
                        && now.totp_confirmed_at == row.totp_confirmed_at
                });
                if !same || !factor.as_ref().map_or(Ok(true), |factor| factor.take(conn, row.id, at))? {
                    return Ok(false);
                }
                store::sign_in_failures::clear(conn, &cleared)?;
                session.insert(conn)?;
                if matches!(factor, Some(Factor::Recovery(_))) {
                    store::audit::append(conn, &code_used)?;
                }
                store::audit::append(conn, &signed_in)?;
                Ok(true)
            })
            .await?;
        if !begins {
            return self.sign_in_failed(name_hash, client).await;
        }
        if verified.outdated {
            self.hash_again(&user, password).await?;
        }
        Ok(SignInOutcome::SignedIn(Box::new(self.signed_in(user, begun, refresh_token).await?)))
    }

    /// Confirms the password of who is signed in, and the code if there is a second factor, so that for a while they may
    /// do what is most dangerous. The access token that was shown is denied: the answer has another one.
    pub async fn confirm_password(
        &self,
        caller: &Caller,
        password: SecretString,
        code: Option<String>,
    ) -> Result<AccessGrant> {
        let own = OwnSession::of(caller)?;
        let user = self.verify_own(caller, password).await?;
        let factor = if user.totp_confirmed_at.is_some() {
            match self.read_code(&user, code.as_deref().unwrap_or_default()).await? {
                None => return Err(self.wrong_code(caller, &user).await?),
                factor => factor,
            }
        } else {
            None
        };
        let (at, issuer) = (self.clock.now(), self.settings.issuer.clone());
        let entry = self.audit.entry(caller, Action::Confirm);
        let confirmed = self
            .store
            .write(move |conn| {
                if !factor.as_ref().map_or(Ok(true), |factor| factor.take(conn, own.user, at))? {
                    return Ok(false);
                }
                store::sessions::confirm(conn, own.id, at)?;
                store::audit::append(conn, &entry)?;
                deny(conn, &issuer, own.token, at)?;
                Ok(true)
            })
            .await?;
        if !confirmed {
            return Err(self.wrong_code(caller, &user).await?);
        }
        self.forget();
        self.grant(own.user, own.id).await
    }

    /// The account of who asks, whose password this is. Failures count as those of a sign-in do.
    pub(super) async fn verify_own(&self, caller: &Caller, password: SecretString) -> Result<UserRow> {
        let own = OwnSession::of(caller)?;
        let user = self.store.read(move |conn| store::users::get(conn, own.user)).await?;
        let user = user.ok_or_else(super::account::no_account)?;
        let name_hash = secret::hash(&names::key(&user.name));
        self.wait_for_turn(&name_hash).await?;
        let verified = self.hasher.verify(password, user.password_hash.clone()).await?;
        if verified.right {
            return Ok(user);
        }
        self.count_failure(name_hash).await?;
        self.audit.note(self.audit.entry(caller, Action::Confirm).refused("password_wrong"));
        Err(Error::denied(Denial::Password))
    }

    /// Draws what a session is made of.
    pub(super) fn new_session(
        &self,
        user: UserId,
        remember: bool,
        client: &ClientInfo,
    ) -> Result<(BegunSession, SecretString)> {
        let (refresh_token, refresh_hash) = secret::token()?;
        let at = self.clock.now();
        let row = NewSession {
            id: SessionId::new(&*self.ids),
            user_id: user,
            csrf_key: hex::encode(secret::random::<32>()?),
            at,
            expires_at: at + self.settings.lasting_ms(remember),
            remembered: remember,
            user_agent: shown(&client.user_agent),
            address: client.address.map(|address| address.to_string()),
        };
        Ok((BegunSession { row, refresh_hash, most: self.settings.max_sessions }, refresh_token))
    }

    /// What is told of a session that was just begun.
    pub(super) async fn signed_in(
        &self,
        user: UserRow,
        begun: BegunSession,
        refresh_token: SecretString,
    ) -> Result<SignedIn> {
        // One more may have ended the oldest.
        self.forget();
        Ok(SignedIn {
            session: begun.row.id,
            access: self.grant(user.id, begun.row.id).await?,
            refresh_token,
            session_expires_at: Timestamp(begun.row.expires_at),
            remembered: begun.row.remembered,
            user: Account::from(user),
        })
    }

    /// An access token for a session.
    pub(super) async fn grant(&self, user: UserId, session: SessionId) -> Result<AccessGrant> {
        let keys = self.keys.to_sign().await?;
        let now = self.clock.now();
        // Whole seconds, which is what a token can say.
        let expires_at = (now + access_token::LASTING).div_euclid(1000) * 1000;
        let token = AccessToken { user, session, id: TokenId::new(&*self.ids), expires_at };
        let text = access_token::sign(&token, &self.settings.issuer, &keys.kid, &keys.signing, now)?;
        Ok(AccessGrant { token: text.into(), expires_at: Timestamp(expires_at) })
    }

    /// Which account it was tried with is not written down: a line more for those that exist would tell of them.
    async fn sign_in_failed(&self, name_hash: String, client: &ClientInfo) -> Result<SignInOutcome> {
        self.count_failure(name_hash).await?;
        self.audit.note(self.entry_of(client, Action::SignIn).refused("sign_in_failed"));
        Err(Error::denied(Denial::SignIn))
    }

    /// Keeps the password under the parameters of now.
    async fn hash_again(&self, user: &UserRow, password: SecretString) -> Result<()> {
        let Some(before) = user.password_hash.clone() else { return Ok(()) };
        let hash = Hasher::hash_again(&self.hasher, password).await?;
        let id = user.id;
        Ok(self.store.write(move |conn| store::users::set_hash(conn, id, &before, &hash)).await?)
    }
}

/// What a program calls itself, without what could be taken for something else where it is shown.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(USER_AGENT).collect()
}
