//! The keys that access tokens are signed with: one signs, the next one is known before it does, and retired ones are
//! taken for as long as a token of theirs may live.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::clock::{Clock, Millis};
use ed25519_dalek::{SigningKey, VerifyingKey};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use store::Store;
use store::signing_keys::{KeyState, SigningKeyRow};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{People, access_token, secret};
use crate::error::{Error, Result};
use crate::secrets::{Place, Sealer};

/// After so many milliseconds a key has signed enough: 30 days.
const SIGNING: Millis = 30 * 24 * 60 * 60 * 1000;
/// How long another instance may sign with a key that was retired, and how often keys that are not known are looked up.
const REFRESH: Duration = Duration::from_mins(1);
const AT_ONCE: Duration = Duration::from_secs(1);
/// For so many milliseconds a token of a retired key may come.
const RETIRING: Millis = access_token::LASTING + 2 * access_token::LEEWAY + 60 * 1000;

/// A public key, as RFC 7517 has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicKey {
    /// Its name: the thumbprint of RFC 7638.
    pub kid: String,
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// `EdDSA`.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub purpose: String,
    /// The key, base64url.
    pub x: String,
}

/// Every public key whose tokens are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicKeys {
    /// The keys.
    pub keys: Vec<PublicKey>,
}

/// The keys as they were last read.
pub(super) struct KeySet {
    pub(super) kid: String,
    pub(super) signing: SigningKey,
    pub(super) verifying: HashMap<String, VerifyingKey>,
    activated_at: Millis,
    read_at: Instant,
}

impl KeySet {
    async fn of(rows: &[SigningKeyRow], sealer: &Sealer, read_at: Instant) -> Result<Self> {
        let corrupt = |row: &SigningKeyRow, column: &str, reason: &str| {
            Error::Store(store::Error::Corrupt {
                table: "signing_keys".to_owned(),
                column: column.to_owned(),
                row: row.id.clone(),
                reason: reason.to_owned(),
            })
        };
        let mut verifying = HashMap::new();
        for row in rows {
            let bytes = BASE64URL_NOPAD.decode(row.public_key.as_bytes()).ok();
            let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok());
            let key = key.filter(|key| access_token::thumbprint(key) == row.id);
            verifying.insert(
                row.id.clone(),
                key.ok_or_else(|| corrupt(row, "public_key", "not the key of this name"))?,
            );
        }
        let Some(active) = rows.iter().find(|row| row.state == KeyState::Active) else {
            return Err(Error::Store(store::Error::NoRow { statement: "the active signing key" }));
        };
        let opened = sealer.open(place(&active.id), &active.private_key).await?;
        let signing = opened.expose_secret().try_into().ok().map(SigningKey::from_bytes);
        let signing = signing.filter(|key| verifying.get(&active.id) == Some(&key.verifying_key()));
        Ok(Self {
            kid: active.id.clone(),
            signing: signing
                .ok_or_else(|| corrupt(active, "private_key", "not the private half of this key"))?,
            verifying,
            activated_at: active.activated_at.unwrap_or_default(),
            read_at,
        })
    }
}

/// The keys of this process.
pub(super) struct SigningKeys {
    store: Store,
    sealer: Sealer,
    known: RwLock<Arc<KeySet>>,
}

impl SigningKeys {
    /// Reads the keys, and makes the first ones where there are none.
    pub(super) async fn start(store: &Store, sealer: Sealer, clock: &dyn Clock) -> Result<Self> {
        let now = clock.now();
        let (active, next) = (
            new_key(&sealer, KeyState::Active, Some(now)).await?,
            new_key(&sealer, KeyState::Next, None).await?,
        );
        let read_at = Instant::now();
        let rows = store
            .write(move |conn| {
                let rows = store::signing_keys::all(conn)?;
                if !rows.is_empty() {
                    return Ok(rows);
                }
                store::signing_keys::insert(conn, &active, now)?;
                store::signing_keys::insert(conn, &next, now)?;
                store::signing_keys::all(conn)
            })
            .await?;
        let known = RwLock::new(Arc::new(KeySet::of(&rows, &sealer, read_at).await?));
        Ok(Self { store: store.clone(), sealer, known })
    }

    /// The keys, as they were a minute ago or later.
    pub(super) async fn to_sign(&self) -> Result<Arc<KeySet>> {
        let known = self.known();
        if known.read_at.elapsed() < REFRESH { Ok(known) } else { self.read().await }
    }

    /// The keys that are known, with the one of this name if there is one.
    pub(super) async fn to_verify(&self, kid: &str) -> Result<Arc<KeySet>> {
        let known = self.known();
        // A name that nobody knows must not cost a read each time.
        if known.verifying.contains_key(kid) || known.read_at.elapsed() < AT_ONCE {
            return Ok(known);
        }
        self.read().await
    }

    /// Makes the next key sign, and another one the next. Tokens of the one before are taken as long as they live.
    async fn rotate(&self, entry: Entry) -> Result<()> {
        let now = entry.at;
        let next = new_key(&self.sealer, KeyState::Next, None).await?;
        self.store
            .write(move |conn| {
                store::signing_keys::advance(conn, now)?;
                store::signing_keys::insert(conn, &next, now)?;
                store::signing_keys::forget(conn, now - RETIRING)?;
                store::audit::append(conn, &entry)
            })
            .await?;
        self.read().await.map(drop)
    }

    /// Rotates a key that has signed for long, and forgets retired ones.
    pub(super) async fn upkeep(&self, rotation: Entry) -> Result<()> {
        let now = rotation.at;
        self.store.write(move |conn| store::signing_keys::forget(conn, now - RETIRING)).await?;
        let known = self.read().await?;
        if now.saturating_sub(known.activated_at) > SIGNING {
            self.rotate(rotation).await?;
            tracing::info!("the key that signs access tokens was rotated");
        }
        Ok(())
    }

    fn known(&self) -> Arc<KeySet> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn read(&self) -> Result<Arc<KeySet>> {
        let read_at = Instant::now();
        let rows = self.store.read(store::signing_keys::all).await?;
        let read = Arc::new(KeySet::of(&rows, &self.sealer, read_at).await?);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&read);
        Ok(read)
    }
}

fn place(kid: &str) -> Place<'_> {
    Place { table: "signing_keys", row: kid, column: "private_key", workspace: None }
}

async fn new_key(sealer: &Sealer, state: KeyState, activated_at: Option<Millis>) -> Result<SigningKeyRow> {
    let private = secret::random::<32>()?;
    let public = SigningKey::from_bytes(&private).verifying_key();
    let id = access_token::thumbprint(&public);
    let private_key = sealer.seal(place(&id), &private).await?;
    Ok(SigningKeyRow {
        state,
        public_key: BASE64URL_NOPAD.encode(public.as_bytes()),
        private_key,
        activated_at,
        id,
    })
}

impl People {
    /// Makes the next key sign access tokens from now on. Nobody is signed out.
    pub async fn rotate_signing_keys(&self) -> Result<()> {
        self.keys.rotate(self.rotation()).await
    }

    pub(super) fn rotation(&self) -> Entry {
        self.audit.entry(&Caller::machine(), Action::SigningKeyRotate)
    }

    /// The public keys by which others can verify access tokens.
    pub async fn public_keys(&self) -> Result<PublicKeys> {
        let known = self.keys.to_sign().await?;
        let mut keys: Vec<PublicKey> = known
            .verifying
            .iter()
            .map(|(kid, key)| PublicKey {
                kid: kid.clone(),
                kty: "OKP".to_owned(),
                crv: "Ed25519".to_owned(),
                alg: "EdDSA".to_owned(),
                purpose: "sig".to_owned(),
                x: BASE64URL_NOPAD.encode(key.as_bytes()),
            })
            .collect();
        keys.sort_unstable_by(|one, other| one.kid.cmp(&other.kid));
        Ok(PublicKeys { keys })
    }
}
