//! The keys of the log: one that signs its checkpoints, and those under which addresses are hashed.

use std::net::IpAddr;

use domain::audit::Checkpoint;
use domain::clock::{Clock, Millis};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::Store;
use store::audit_keys::{self, AuditKeyRow};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secrets::{ExposeSecret, Place, Sealer, random_key};

const SIGNING: &str = "signing";
const ADDRESS: &str = "address";
/// For how long addresses are hashed under one key, in milliseconds: 30 days.
const PERIOD_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// So many bytes of a hash are kept: enough to tell addresses apart.
const HASH_BYTES: usize = 16;

/// The period that a time lies in.
pub(super) fn period_of(at: Millis) -> i64 {
    at.div_euclid(PERIOD_MS)
}

/// The key under which addresses of a period are hashed.
#[derive(Clone)]
pub(super) struct AddressKey {
    pub(super) period: i64,
    key: Zeroizing<Vec<u8>>,
}

impl AddressKey {
    /// The key of the period of `at`, made if there is none.
    pub(super) async fn of(store: &Store, sealer: &Sealer, at: Millis) -> Result<Self> {
        let period = period_of(at);
        let (key, _) = fetch(store, sealer, ADDRESS, period, at).await?;
        Ok(Self { period, key })
    }

    /// What stands in the log for an address. The same address is the same in a period.
    pub(super) fn hash(&self, address: IpAddr) -> String {
        let Ok(mut hash) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        hash.update(address.to_canonical().to_string().as_bytes());
        hex::encode(&hash.finalize().into_bytes()[..HASH_BYTES])
    }
}

/// Drops the keys of addresses that are older than `kept_ms`: what was hashed under them can be hashed by nobody again.
pub(super) async fn drop_old_address_keys(store: &Store, at: Millis, kept_ms: i64) -> Result<u64> {
    // The key of a period is as old as the end of the period.
    let oldest = period_of(at - kept_ms);
    Ok(store.write(move |conn| audit_keys::drop_before(conn, ADDRESS, oldest)).await?)
}

/// The key that signs checkpoints, made if there is none.
pub(super) async fn signing_key(store: &Store, sealer: &Sealer, clock: &dyn Clock) -> Result<SigningKey> {
    let (key, public) = fetch(store, sealer, SIGNING, 0, clock.now()).await?;
    let key: Zeroizing<[u8; 32]> = Zeroizing::new(key.as_slice().try_into().map_err(|_| not_a_key())?);
    let key = SigningKey::from_bytes(&key);
    // Who verifies without the master key goes by the public half in the database.
    if public.as_deref() == Some(hex::encode(key.verifying_key().as_bytes()).as_str()) {
        Ok(key)
    } else {
        Err(not_a_key())
    }
}

/// The key by which checkpoints are verified: that of the sealed key or, without a sealer, the one that stands in the
/// database, where somebody may have put another. None: nothing was signed yet.
pub(super) async fn verifying_key(store: &Store, sealer: Option<&Sealer>) -> Result<Option<VerifyingKey>> {
    let Some(row) = store.read(|conn| audit_keys::find(conn, SIGNING, 0)).await? else { return Ok(None) };
    if let Some(sealer) = sealer {
        let key = sealer.open(place(&name(SIGNING, 0)), &row.sealed_key).await?;
        let key = key.expose_secret().try_into().map_err(|_| not_a_key())?;
        return Ok(Some(SigningKey::from_bytes(key).verifying_key()));
    }
    let public = row.public_key.and_then(|text| <[u8; 32]>::try_from(hex::decode(text).ok()?).ok());
    let key = public.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    key.map(Some).ok_or_else(not_a_key)
}

fn name(purpose: &str, period: i64) -> String {
    format!("{purpose} {period}")
}

fn place(name: &str) -> Place<'_> {
    Place { table: "audit_keys", row: name, column: "sealed_key", workspace: None }
}

async fn fetch(
    store: &Store,
    sealer: &Sealer,
    purpose: &'static str,
    period: i64,
    at: Millis,
) -> Result<(Zeroizing<Vec<u8>>, Option<String>)> {
    let name = name(purpose, period);
    let place = place(&name);
    let found = store.read(move |conn| audit_keys::find(conn, purpose, period)).await?;
    let row = if let Some(row) = found {
        row
    } else {
        let key = random_key()?;
        let public = SigningKey::from_bytes(&key).verifying_key();
        let row = AuditKeyRow {
            purpose: purpose.to_owned(),
            period,
            public_key: (purpose == SIGNING).then(|| hex::encode(public.as_bytes())),
            sealed_key: sealer.seal(place, &*key).await?,
        };
        // Another instance may have been first.
        store.write(move |conn| audit_keys::ensure(conn, &row, at)).await?
    };
    let key = sealer.open(place, &row.sealed_key).await?;
    Ok((Zeroizing::new(key.expose_secret().to_vec()), row.public_key))
}

/// Signs how long the log is now.
pub(super) fn sign(key: &SigningKey, seq: i64, hash: String, at: Millis) -> Checkpoint {
    let mut checkpoint = Checkpoint { seq, hash, at, signature: String::new() };
    checkpoint.signature = hex::encode(key.sign(checkpoint.signed().as_bytes()).to_bytes());
    checkpoint
}

/// Whether a checkpoint was signed by the server.
pub(super) fn is_signed(key: &VerifyingKey, checkpoint: &Checkpoint) -> bool {
    let bytes = hex::decode(&checkpoint.signature).ok().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    bytes.is_some_and(|bytes| {
        key.verify_strict(checkpoint.signed().as_bytes(), &Signature::from_bytes(&bytes)).is_ok()
    })
}

fn not_a_key() -> Error {
    Error::Store(store::Error::Corrupt {
        table: "audit_keys".to_owned(),
        column: "public_key".to_owned(),
        row: SIGNING.to_owned(),
        reason: "it is not the key that the sealed one belongs to".to_owned(),
    })
}
