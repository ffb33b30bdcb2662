//! A new master key for the same secrets.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::clock::Clock;
use store::Store;
use store::data_keys::{self, DataKeyRow};

use super::sealer::{sealed, unseal};
use super::{MasterKey, SecretsError, key_file, unlock};
use crate::error::Result;

/// What came of a rewrap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many keys are sealed anew: one of the server and one of each workspace with secrets.
    pub keys: usize,
    /// Where the master key from before is kept, which opens older copies of the database.
    pub before: Option<PathBuf>,
}

/// Draws a new master key, seals the keys of the database under it, and puts it into the file.
///
/// It waits beside the file while the database is changed, in one transaction; where the two were cut apart,
/// [`unlock`] finds it there and puts it in place.
pub async fn rewrap(store: &Store, clock: &Arc<dyn Clock>, file: &Path) -> Result<Rewrapped> {
    unlock(store, clock, file).await?;
    let old = key_file::read(file)?.ok_or_else(|| SecretsError::Missing(file.to_owned()))?;
    let new = MasterKey::draw()?;
    let reseal = |row: DataKeyRow| {
        let key = unseal(&old, &row).ok_or_else(|| SecretsError::Wrong(file.to_owned()))?;
        let after = sealed(&new, &row.scope, &key)?;
        Ok((row, after))
    };
    let rows = store.read(data_keys::all).await?.into_iter();
    let pairs: Vec<_> = rows.map(reseal).collect::<Result<_>>()?;
    let keys = pairs.len();
    key_file::make_next(file, &new)?;
    let entry = Entry::of(&Caller::machine(), None, Action::MasterKeyRewrap, clock.now());
    let entry = entry.with("keys", keys);
    store
        .write(move |conn| {
            // A server beside this one may have made a key meanwhile.
            let mut all = data_keys::all(conn)?.len() == pairs.len();
            for (before, after) in &pairs {
                all &= data_keys::reseal(conn, before, after)?;
            }
            if !all {
                return Err(store::Error::Conflicted);
            }
            store::audit::append(conn, &entry)
        })
        .await?;
    Ok(Rewrapped { keys, before: key_file::put_next_in_place(file, Some(&old))? })
}
