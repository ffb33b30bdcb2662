//! The people of a database, for commands that change them without a server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::clock::Clock;
use domain::ids::IdSource;
use engine::audit::Audit;
use engine::people::{Account, People};
use engine::secrets::Unlocked;
use secrecy::SecretString;
use store::Store;
use tokio_util::task::TaskTracker;

use crate::app::{self, StartError};
use crate::config::Config;
use crate::report::terminal::say;
use crate::system::{SystemClock, SystemIds};

/// How long the database may take to close.
const LIMIT: Duration = Duration::from_secs(5);
/// Longest file that is read as a password, in bytes: 128 characters have fewer.
const LONGEST_FILE: u64 = 1024;
/// What a file of a database says that a server has open.
const IN_USE: &str = "a server that runs has the database to itself; its pages People and Account do this";

/// Does something with the people of a database, which is made if it is not there.
pub(super) fn with_people<T>(
    config: &Config,
    work: impl AsyncFnOnce(&People) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    crate::install_cryptography();
    super::runtime()?.block_on(async {
        let store = match app::open(config).await {
            Err(error @ StartError::Store(store::Error::Locked { .. })) => {
                return Err(anyhow::Error::new(error).context(IN_USE));
            }
            opened => opened?,
        };
        let done = match people(config, &store).await {
            Ok(people) => work(&people).await,
            Err(error) => Err(error),
        };
        store.close(LIMIT).await?;
        done
    })
}

async fn people(config: &Config, store: &Store) -> anyhow::Result<People> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let file = config.secrets.master_key_file(&config.server.data_dir)?;
    let Unlocked { sealer, made } = engine::secrets::unlock(store, &clock, &file).await?;
    if let Some(file) = made {
        say(&format!("A master key was made: {}. Keep a copy of it apart from the data.", file.display()));
    }
    let (ids, tasks): (Arc<dyn IdSource>, _) = (Arc::new(SystemIds), TaskTracker::new());
    let audit = Audit::open(store, &sealer, &clock, config.audit.clone(), &tasks).await?;
    Ok(People::open(store, &clock, &ids, sealer, config.auth.clone(), &audit, &tasks).await?)
}

/// The account of a name or of an e-mail address.
pub(super) async fn account(people: &People, name: &str) -> anyhow::Result<Account> {
    people.find_user(name).await.with_context(|| format!("nobody is called `{name}`"))
}

/// The password in a file, or on standard input for `-`. A line break at its end is none of it.
pub(super) fn password(file: &Path) -> anyhow::Result<SecretString> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin().lock())
            .context("the password cannot be read from standard input")?
    } else {
        let name = format!("the password in {}", file.display());
        let size = std::fs::metadata(file).with_context(|| format!("{name} cannot be read"))?.len();
        if size > LONGEST_FILE {
            bail!("{name} cannot be used: the file has {size} bytes, which no password has");
        }
        std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?
    };
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).into())
}
