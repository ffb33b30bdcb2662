//! Sealing values and opening them, by the key of their workspace.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use domain::clock::Clock;
use secrecy::{ExposeSecret, SecretSlice};
use store::Store;
use store::data_keys::{self, DataKeyRow};

use super::cipher::{Key, SERVER};
use super::{MasterKey, Place, SecretsError, key_file};
use crate::error::{Error, Result};

/// Seals what is kept in the database, and opens it. A clone is the same.
#[derive(Clone)]
pub struct Sealer {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    /// Read again when `promptcards keys rewrap` was run beside this server.
    master: RwLock<MasterKey>,
    /// Where it is; None: nowhere but here.
    file: Option<PathBuf>,
    /// The keys that were asked for, by their scope. There are as many as workspaces with secrets.
    keys: RwLock<HashMap<String, Key>>,
}

/// A sealer whose master key opens the database.
pub struct Unlocked {
    /// The sealer.
    pub sealer: Sealer,
    /// The file, where it was made just now: somebody should keep a copy of it.
    pub made: Option<PathBuf>,
}

/// Finds the master key of a database in its file and sees that it is the right one. Where nothing is sealed yet and
/// there is no file, it is made; a key that is missing or wrong is never replaced.
pub async fn unlock(store: &Store, clock: &Arc<dyn Clock>, file: &Path) -> Result<Unlocked> {
    let rows = store.read(data_keys::all).await?;
    let found = match rows.first() {
        Some(row) => key_file::find(file, &row.master_key)?,
        None => key_file::read(file)?,
    };
    let (master, made) = match found {
        Some(key) => (key, None),
        None if rows.is_empty() => {
            let key = MasterKey::draw()?;
            key_file::make(file, &key)?;
            (key, Some(file.to_owned()))
        }
        None => return Err(SecretsError::Missing(file.to_owned()).into()),
    };
    if rows.iter().any(|row| unseal(&master, row).is_none()) {
        return Err(SecretsError::Wrong(file.to_owned()).into());
    }
    let sealer = Sealer::with(store, clock, master, Some(file.to_owned()));
    // From now on the database knows its master key.
    sealer.key(SERVER).await.map_err(|error| match error {
        Error::Secrets(SecretsError::Replaced) => SecretsError::Wrong(file.to_owned()).into(),
        other => other,
    })?;
    Ok(Unlocked { sealer, made })
}

impl Sealer {
    /// A sealer under a master key that is in no file: for tests.
    pub fn new(store: &Store, clock: &Arc<dyn Clock>, master: MasterKey) -> Self {
        Self::with(store, clock, master, None)
    }

    fn with(store: &Store, clock: &Arc<dyn Clock>, master: MasterKey, file: Option<PathBuf>) -> Self {
        let inner = Inner {
            store: store.clone(),
            clock: Arc::clone(clock),
            master: RwLock::new(master),
            file,
            keys: RwLock::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Seals a secret for its place: text without spaces, about a third longer than the secret.
    ///
    /// It may write to the database, so it must be called outside of the closure that stores what it returns.
    pub async fn seal(&self, place: Place<'_>, secret: &[u8]) -> Result<String> {
        Ok(self.key(&place.scope()).await?.seal(&place, secret)?)
    }

    /// Opens what was sealed for a place. What was sealed for another one, or was changed, is
    /// [`Corrupt`](store::Error::Corrupt).
    pub async fn open(&self, place: Place<'_>, sealed: &str) -> Result<SecretSlice<u8>> {
        let opened = self.key(&place.scope()).await?.open(&place, sealed);
        opened.ok_or_else(|| {
            Error::Store(store::Error::Corrupt {
                table: place.table.to_owned(),
                column: place.column.to_owned(),
                row: place.row.to_owned(),
                reason: "it was not sealed for this place by the key of this database".to_owned(),
            })
        })
    }

    /// The key of a scope, made if it has none.
    async fn key(&self, scope: &str) -> Result<Key> {
        let known = self.inner.keys.read().unwrap_or_else(PoisonError::into_inner).get(scope).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let key = match self.fetch(scope).await {
            Err(Error::Secrets(SecretsError::Replaced)) if self.read_master_again()? => {
                self.fetch(scope).await?
            }
            fetched => fetched?,
        };
        let mut keys = self.inner.keys.write().unwrap_or_else(PoisonError::into_inner);
        Ok(keys.entry(scope.to_owned()).or_insert(key).clone())
    }

    async fn fetch(&self, scope: &str) -> Result<Key> {
        let master = self.inner.master.read().unwrap_or_else(PoisonError::into_inner).clone();
        let new = sealed(&master, scope, &Key::draw()?)?;
        let at = self.inner.clock.now();
        let row = self.inner.store.write(move |conn| data_keys::ensure(conn, &new, at)).await?;
        Ok(row.and_then(|row| unseal(&master, &row)).ok_or(SecretsError::Replaced)?)
    }

    /// Whether the file holds another master key than before.
    fn read_master_again(&self) -> Result<bool> {
        let Some(file) = &self.inner.file else { return Ok(false) };
        let Some(read) = key_file::read(file)? else { return Ok(false) };
        let mut master = self.inner.master.write().unwrap_or_else(PoisonError::into_inner);
        let other = read.name() != master.name();
        *master = read;
        Ok(other)
    }
}

/// The key of a scope as its row has it.
pub(super) fn sealed(master: &MasterKey, scope: &str, key: &Key) -> Result<DataKeyRow> {
    Ok(DataKeyRow {
        scope: scope.to_owned(),
        sealed_key: master.0.seal(&place_of(scope), key.bytes())?,
        master_key: master.name(),
    })
}

/// The key of a row; None: this master key does not open it.
pub(super) fn unseal(master: &MasterKey, row: &DataKeyRow) -> Option<Key> {
    let opened = master.0.open(&place_of(&row.scope), &row.sealed_key)?;
    Key::of(opened.expose_secret())
}

fn place_of(scope: &str) -> Place<'_> {
    Place { table: "data_keys", row: scope, column: "sealed_key", workspace: None }
}
