//! Who asks: what a request's credentials are good for. This stands before every request, so that what was looked up is
//! remembered: a token that was verified for a minute, what the database says for a second.

use std::net::IpAddr;
use std::sync::Arc;

use domain::audit::Action;
use domain::caller::{Caller, Credential};
use domain::clock::Millis;
use domain::ids::{ApiKeyId, TokenId, UserId, WorkspaceId};
use domain::permission::{Scope, ServerRole, WorkspaceRole};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::access_token::{self, AccessToken};
use super::account::OwnSession;
use super::{People, api_key_text, secret};
use crate::error::{Denial, Error, Result};

/// How many milliseconds pass until it is noted again that a key is used.
const NOTED: Millis = 60 * 1000;
/// Random bytes of a token against other sites.
const CSRF_RANDOM: usize = 16;

/// What the database said of a session a moment ago.
#[derive(Debug)]
pub(super) struct LiveSession {
    name: Arc<str>,
    role: ServerRole,
    confirmed_at: Millis,
    csrf_key: String,
}

/// What the database said of an API key a moment ago.
#[derive(Debug)]
pub(super) struct LiveKey {
    id: ApiKeyId,
    workspace: WorkspaceId,
    scopes: Arc<[Scope]>,
    user: UserId,
    name: Arc<str>,
    role: ServerRole,
}

impl People {
    /// Who shows this access token. Its address and request are left to the door.
    ///
    /// An error of the store is one: nobody is let in because it cannot be asked.
    pub async fn authenticate_access(&self, token: &str) -> Result<Caller> {
        self.caller_of(self.verified(token).await?).await
    }

    /// Whose session a refresh token belongs to. That does not exchange it, and one that was exchanged will do: it is its
    /// next exchange that finds a thief out.
    pub async fn authenticate_refresh(&self, refresh_token: &str) -> Result<Caller> {
        let hash = secret::hash(refresh_token);
        let found = self.store.read(move |conn| match store::refresh_tokens::get(conn, &hash)? {
            None => Ok(None),
            Some(token) => store::sessions::get(conn, token.session_id),
        });
        let session = found.await?.ok_or_else(|| Error::denied(Denial::Token))?;
        let id = TokenId::new(&*self.ids);
        let (user, session) = (session.user_id, session.id);
        self.caller_of(AccessToken { user, session, id, expires_at: Millis::MAX }).await
    }

    /// A caller as they are now, whose request has gone on for a while: refused if their session or key has ended. That
    /// the access token has expired meanwhile ends nothing.
    pub async fn authenticate_again(&self, caller: &Caller) -> Result<Caller> {
        let now = match (caller.user, &caller.credential) {
            (Some(user), Credential::Session { id, token, .. }) => {
                let token = AccessToken { user, session: *id, id: *token, expires_at: Millis::MAX };
                self.caller_of(token).await?
            }
            (Some(user), Credential::ApiKey { id, .. }) => {
                let (id, now) = (*id, self.clock.now());
                let found = self.store.read(move |conn| {
                    let keys = store::api_keys::of_user(conn, user)?;
                    let live = keys
                        .iter()
                        .any(|key| key.id == id && key.revoked_at.is_none() && key.expires_at > now);
                    if live { store::users::get(conn, user) } else { Ok(None) }
                });
                let user = found.await?.filter(|user| user.disabled_at.is_none());
                let user = user.ok_or_else(|| Error::denied(Denial::Token))?;
                let role = self.role_now(user.role, user.totp_confirmed_at.is_some());
                Caller { role, ..caller.clone() }
            }
            _ => caller.clone(),
        };
        Ok(Caller { address: caller.address, request: caller.request, ..now })
    }

    async fn caller_of(&self, token: AccessToken) -> Result<Caller> {
        let session = self.live_session(token).await?;
        Ok(Caller {
            user: Some(token.user),
            name: Arc::clone(&session.name),
            role: session.role,
            credential: Credential::Session {
                id: token.session,
                token: token.id,
                confirmed_at: session.confirmed_at,
            },
            address: None,
            request: None,
        })
    }

    /// Who shows this API key. Its use is noted once a minute.
    pub async fn authenticate_key(&self, text: &str, address: Option<IpAddr>) -> Result<Caller> {
        let key = self.live_key(text, address).await?;
        Ok(Caller {
            user: Some(key.user),
            name: Arc::clone(&key.name),
            role: key.role,
            credential: Credential::ApiKey {
                id: key.id,
                workspace: key.workspace,
                scopes: Arc::clone(&key.scopes),
            },
            address,
            request: None,
        })
    }

    /// What the account is in the workspace. None: it is no member, or there is no such workspace.
    pub async fn workspace_role(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<WorkspaceRole>> {
        let key = (user, workspace);
        let miss = match self.live_roles.get(&key) {
            Ok(role) => return Ok(role),
            Err(miss) => miss,
        };
        let now = self.clock.now();
        let role = self.store.read(move |conn| store::members::role(conn, workspace, user, now)).await?;
        self.live_roles.put(miss, key, role);
        Ok(role)
    }

    /// A token that only a page of ours can know, for the session of who asks.
    pub async fn csrf_token(&self, caller: &Caller) -> Result<SecretString> {
        let random = hex::encode(secret::random::<CSRF_RANDOM>()?);
        let mac = hex::encode(self.csrf_mac(caller, &random).await?);
        Ok(format!("{mac}.{random}").into())
    }

    /// Whether it is such a token of this session.
    pub async fn check_csrf(&self, caller: &Caller, token: &str) -> Result<bool> {
        let Some((mac, random)) = token.split_once('.') else { return Ok(false) };
        if random.len() != 2 * CSRF_RANDOM {
            return Ok(false);
        }
        let expected = hex::encode(self.csrf_mac(caller, random).await?);
        Ok(expected.as_bytes().ct_eq(mac.as_bytes()).into())
    }

    async fn csrf_mac(&self, caller: &Caller, random: &str) -> Result<[u8; 32]> {
        let own = OwnSession::of(caller)?;
        let token = AccessToken { user: own.user, session: own.id, id: own.token, expires_at: Millis::MAX };
        let session = self.live_session(token).await?;
        let mut mac = Hmac::<Sha256>::new_from_slice(session.csrf_key.as_bytes())
            .map_err(|error| Error::Hash(error.to_string()))?;
        let id = own.id.to_string();
        mac.update(format!("{}!{id}!{}!{random}", id.len(), random.len()).as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }

    async fn verified(&self, token: &str) -> Result<AccessToken> {
        let hash = secret::digest(token);
        let now = self.clock.now();
        let miss = match self.verified_tokens.get(&hash) {
            Ok(token) if access_token::is_good(&token, now) => return Ok(token),
            Ok(_) => return Err(Error::denied(Denial::Token)),
            Err(miss) => miss,
        };
        let kid = access_token::kid(token).ok_or_else(|| Error::denied(Denial::Token))?;
        let keys = self.keys.to_verify(&kid).await?;
        let verified = access_token::verify(token, &self.settings.issuer, &keys.verifying, now);
        let verified = verified.ok_or_else(|| Error::denied(Denial::Token))?;
        self.verified_tokens.put(miss, hash, verified);
        Ok(verified)
    }

    async fn live_session(&self, token: AccessToken) -> Result<Arc<LiveSession>> {
        let miss = match self.live_sessions.get(&token.id) {
            Ok(session) => return Ok(session),
            Err(miss) => miss,
        };
        let (now, issuer) = (self.clock.now(), self.settings.issuer.clone());
        let found = self
            .store
            .read(move |conn| {
                store::sessions::live(conn, token.session, token.user, (&issuer, token.id), now)
            })
            .await?;
        let found = found.ok_or_else(|| Error::denied(Denial::Token))?;
        let session = Arc::new(LiveSession {
            role: self.role_now(found.role, found.two_factor),
            name: found.name.into(),
            confirmed_at: found.confirmed_at,
            csrf_key: found.csrf_key,
        });
        self.live_sessions.put(miss, token.id, Arc::clone(&session));
        Ok(session)
    }

    async fn live_key(&self, text: &str, address: Option<IpAddr>) -> Result<Arc<LiveKey>> {
        let denied = || Error::denied(Denial::Token);
        let key_id = api_key_text::key_id(text).ok_or_else(denied)?.to_owned();
        let hash = secret::digest(text);
        let miss = match self.live_keys.get(&hash) {
            Ok(key) => return Ok(key),
            Err(miss) => miss,
        };
        let now = self.clock.now();
        let found = self.store.read(move |conn| store::api_keys::live(conn, &key_id, now)).await?;
        let same = |stored: &str| bool::from(stored.as_bytes().ct_eq(hex::encode(hash).as_bytes()));
        let found = found.filter(|key| same(&key.secret_hash)).ok_or_else(denied)?;
        if found.last_used_at.is_none_or(|last| now - last >= NOTED) {
            let first = found.last_used_at.is_none().then(|| {
                let entry = self.audit.anonymous(address, None, Action::ApiKeyFirstUse);
                let entry = entry.by_key(found.user_id, found.id).in_workspace(found.workspace_id);
                entry.on("api_key", found.id)
            });
            let (id, address) = (found.id, address.map(|address| address.to_string()));
            let noted = self.store.write(move |conn| {
                store::api_keys::used(conn, id, address.as_deref(), now)?;
                first.iter().try_for_each(|entry| store::audit::append(conn, entry).map(drop))
            });
            // It is good whether that can be noted or not, and nobody waits for it.
            self.tasks.spawn(async move {
                if let Err(error) = noted.await {
                    tracing::debug!(%error, "the use of an API key was not noted");
                }
            });
        }
        let key = Arc::new(LiveKey {
            id: found.id,
            workspace: found.workspace_id,
            scopes: found.scopes.into(),
            user: found.user_id,
            name: found.user_name.into(),
            role: self.role_now(found.role, found.two_factor),
        });
        self.live_keys.put(miss, hash, Arc::clone(&key));
        Ok(key)
    }
}
