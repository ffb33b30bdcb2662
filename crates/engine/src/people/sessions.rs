//! Sessions: renewing their tokens, seeing and ending them.

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use domain::ids::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::sessions::SessionRow;
use store::users::UserRow;
use utoipa::ToSchema;

use super::account::{Account, OwnSession};
use super::sign_in::{ClientInfo, SignedIn, deny};
use super::{People, secret};
use crate::error::{Denial, Error, Result};

/// For so many milliseconds a refresh token may come again whose answer may have been lost.
const GRACE: Millis = 10 * 1000;

/// A session that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// Whether it is that of who asks.
    pub current: bool,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When something was last heard of it, to five minutes.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whether it outlasts the browser.
    pub remembered: bool,
    /// What the browser or program calls itself.
    pub user_agent: String,
    /// Where something was last heard of it from.
    pub address: Option<String>,
}

/// A refresh, drawn before the closure that may run again.
struct Refresh {
    hash: String,
    successor: String,
    address: Option<String>,
    idle_ms: Millis,
    at: Millis,
    /// What is written down if the token was used before.
    reused: Entry,
}

/// What a refresh came to.
enum Refreshed {
    /// The successor is good.
    Renewed(Box<(SessionRow, UserRow)>),
    /// The token came twice: somebody else has it, and the session has ended.
    Reused(SessionId, UserId),
    /// There is no such token, or its session has ended.
    Refused,
}

impl Refresh {
    fn run(&self, conn: &mut Conn) -> store::Result<Refreshed> {
        if let Some((session, generation)) =
            store::refresh_tokens::exchange(conn, &self.hash, &self.successor, self.at)?
        {
            return self.renew(conn, session, generation + 1);
        }
        let Some(token) = store::refresh_tokens::get(conn, &self.hash)? else {
            return Ok(Refreshed::Refused);
        };
        // The answer may have been lost on its way, or two tabs asked at once: as long as nobody used the token that it
        // was exchanged for, that one is replaced. Who has that one then is found out when it comes.
        let just_now = token.used_at.is_some_and(|used_at| (0..=GRACE).contains(&(self.at - used_at)));
        if let Some(successor) = token.successor_hash.filter(|_| just_now)
            && store::refresh_tokens::replace(conn, &self.hash, &successor, &self.successor, self.at)?
        {
            return self.renew(conn, token.session_id, token.generation + 1);
        }
        let Some(session) = store::sessions::get(conn, token.session_id)? else {
            return Ok(Refreshed::Refused);
        };
        let ended = store::sessions::end(conn, session.id, session.user_id, "refresh_reuse", self.at)?;
        if ended {
            let entry = self.reused.clone().on("session", session.id);
            store::audit::append(conn, &entry.with("user", session.user_id.to_string()))?;
        }
        Ok(if ended { Refreshed::Reused(session.id, session.user_id) } else { Refreshed::Refused })
    }

    fn renew(&self, conn: &mut Conn, session: SessionId, generation: i64) -> store::Result<Refreshed> {
        let Some(session) = store::sessions::get(conn, session)? else { return Ok(Refreshed::Refused) };
        let user = store::users::get(conn, session.user_id)?.filter(|user| user.disabled_at.is_none());
        let lives = session.ended_at.is_none() && session.expires_at > self.at;
        let Some(user) = user.filter(|_| lives) else { return Ok(Refreshed::Refused) };
        if !session.remembered && self.at - session.last_seen_at > self.idle_ms {
            store::sessions::end(conn, session.id, user.id, "idle", self.at)?;
            return Ok(Refreshed::Refused);
        }
        store::refresh_tokens::insert(conn, &self.successor, session.id, generation, self.at)?;
        store::sessions::seen(conn, session.id, self.address.as_deref(), self.at)?;
        Ok(Refreshed::Renewed(Box::new((session, user))))
    }
}

impl People {
    /// Exchanges a refresh token for other tokens of the same session. Each is exchanged once: one that comes twice ends
    /// its session, unless its answer may just have been lost.
    pub async fn refresh(&self, refresh_token: &str, client: &ClientInfo) -> Result<SignedIn> {
        let hash = secret::hash(refresh_token);
        let (refresh_token, successor) = secret::token()?;
        let address = client.address.map(|address| address.to_string());
        let (idle_ms, at) = (self.settings.idle_ms(), self.clock.now());
        let reused = self.entry_of(client, Action::RefreshReuse);
        let refresh = Refresh { hash, successor, address, idle_ms, at, reused };
        match self.store.write(move |conn| refresh.run(conn)).await? {
            Refreshed::Renewed(renewed) => {
                let (session, user) = *renewed;
                Ok(SignedIn {
                    access: self.grant(user.id, session.id).await?,
                    user: Account::from(user),
                    session: session.id,
                    refresh_token,
                    session_expires_at: Timestamp(session.expires_at),
                    remembered: session.remembered,
                })
            }
            Refreshed::Reused(session, user) => {
                self.forget();
                tracing::warn!(%session, %user, "a refresh token came twice: its session was ended");
                Err(Error::denied(Denial::Token))
            }
            Refreshed::Refused => Err(Error::denied(Denial::Token)),
        }
    }

    /// Ends the session of who asks. The access token that was shown is refused from now on.
    pub async fn sign_out(&self, caller: &Caller) -> Result<()> {
        let own = OwnSession::of(caller)?;
        let (at, issuer) = (self.clock.now(), self.settings.issuer.clone());
        let entry = self.audit.entry(caller, Action::SignOut);
        self.store
            .write(move |conn| {
                deny(conn, &issuer, own.token, at)?;
                store::sessions::end(conn, own.id, own.user, "signed_out", at)?;
                store::audit::append(conn, &entry)
            })
            .await?;
        self.forget();
        Ok(())
    }

    /// The sessions of who asks, the newest first.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>> {
        let own = OwnSession::of(caller)?;
        self.sessions_of(own.user, Some(own.id)).await
    }

    /// Ends a session of who asks.
    pub async fn end_session(&self, caller: &Caller, session: SessionId) -> Result<()> {
        let own = OwnSession::of(caller)?;
        let at = self.clock.now();
        let entry = self.audit.entry(caller, Action::SessionRevoke).on("session", session);
        let ended = self
            .store
            .write(move |conn| {
                let ended = store::sessions::end(conn, session, own.user, "revoked", at)?;
                if ended {
                    store::audit::append(conn, &entry)?;
                }
                Ok(ended)
            })
            .await?;
        self.forget();
        if ended { Ok(()) } else { Err(Error::not_found("such session")) }
    }

    /// Ends every session of who asks but the one they ask in. Returns how many ended.
    pub async fn end_other_sessions(&self, caller: &Caller) -> Result<u64> {
        let own = OwnSession::of(caller)?;
        self.end_sessions(caller, own.user, Some(own.id)).await
    }

    pub(super) async fn sessions_of(&self, user: UserId, current: Option<SessionId>) -> Result<Vec<Session>> {
        let now = self.clock.now();
        let rows = self.store.read(move |conn| store::sessions::of_user(conn, user, now)).await?;
        let idle_ms = self.settings.idle_ms();
        let lives = |row: &SessionRow| row.remembered || now - row.last_seen_at <= idle_ms;
        let view = |row: SessionRow| Session {
            id: row.id,
            current: current == Some(row.id),
            created_at: Timestamp(row.created_at),
            last_seen_at: Timestamp(row.last_seen_at),
            expires_at: Timestamp(row.expires_at),
            remembered: row.remembered,
            user_agent: row.user_agent,
            address: row.address,
        };
        Ok(rows.into_iter().filter(lives).map(view).collect())
    }

    pub(super) async fn end_sessions(
        &self,
        caller: &Caller,
        user: UserId,
        but: Option<SessionId>,
    ) -> Result<u64> {
        let at = self.clock.now();
        let entry = self.audit.entry(caller, Action::SessionRevoke).on("user", user);
        let ended = self
            .store
            .write(move |conn| {
                let ended = store::sessions::end_all(conn, user, but, "revoked", at)?;
                if ended > 0 {
                    store::audit::append(conn, &entry.clone().with("count", ended))?;
                }
                Ok(ended)
            })
            .await?;
        self.forget();
        Ok(ended)
    }
}
