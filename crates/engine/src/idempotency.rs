//! Creating something once, however often the request for it comes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Conn;

use crate::error::{Error, Result};

/// How long the answer to a creating request is kept, in milliseconds: a day.
pub(crate) const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// The key of a creating request.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    /// Whom and which route the key belongs to.
    pub scope: String,
    /// The key as it was sent.
    pub key: String,
    /// Hash of method, path and body: the same key with another request is refused.
    pub fingerprint: String,
}

/// Something that was created, now or by an earlier request with the same key.
#[derive(Debug, Clone)]
pub struct Created<T> {
    /// The thing.
    pub value: T,
    /// Whether it was created by an earlier request.
    pub replayed: bool,
}

/// Answers with what the key created earlier, or creates it and keeps the answer, inside one closure of the
/// store.
pub(crate) fn once<T: Serialize + DeserializeOwned>(
    conn: &mut Conn,
    key: Option<&IdempotencyKey>,
    at: domain::clock::Millis,
    create: impl FnOnce(&mut Conn) -> Result<T>,
) -> Result<Created<T>> {
    let Some(key) = key else {
        return Ok(Created { value: create(conn)?, replayed: false });
    };
    if let Some(value) = kept(conn, key)? {
        return Ok(Created { value, replayed: true });
    }
    let value = create(conn)?;
    store::idempotency::keep(
        conn,
        &key.scope,
        &key.key,
        &key.fingerprint,
        &serde_json::to_string(&value)?,
        at,
    )?;
    Ok(Created { value, replayed: false })
}

/// What the key created earlier.
pub(crate) fn kept<T: DeserializeOwned>(conn: &mut Conn, key: &IdempotencyKey) -> Result<Option<T>> {
    match store::idempotency::find(conn, &key.scope, &key.key)? {
        None => Ok(None),
        Some(answer) if answer.fingerprint == key.fingerprint => {
            Ok(Some(serde_json::from_str(&answer.body)?))
        }
        Some(_) => Err(Error::KeyReused),
    }
}
