//! The secret by which the first account of a server is made, kept in its data folder until that is done.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use engine::people::People;
use secrecy::{ExposeSecret, SecretString};

/// The file with the secret, which only who runs the server can read.
const FILE: &str = "setup-token";
const ONLY_OWNER: u32 = 0o600;

/// The secret, the same after a restart as long as it is good. None: there is an account, and the file is gone.
pub(crate) async fn secret(people: &People, data_dir: &Path) -> anyhow::Result<Option<SecretString>> {
    let path = data_dir.join(FILE);
    let earlier = fs::read_to_string(&path).ok().map(|text| SecretString::from(text.trim()));
    let secret = people.setup_secret(earlier).await?;
    match &secret {
        Some(secret) => {
            write(&path, secret).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        // What is not there need not go; what cannot go is good for nothing any more.
        None => drop(fs::remove_file(&path)),
    }
    Ok(secret)
}

fn write(path: &Path, secret: &SecretString) -> std::io::Result<()> {
    // A file that is there may be readable by others.
    if path.exists() {
        fs::remove_file(path)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(ONLY_OWNER).open(path)?;
    writeln!(file, "{}", secret.expose_secret())
}
