//! Hashes of passwords: Argon2id off the async threads, as many at once as there are cores.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::NewPassword;
use crate::error::{Error, Result};
use crate::people::secret;

/// How long somebody waits for a core.
const WAIT: Duration = Duration::from_secs(2);

/// What a password is held against where there is no account, so that the answer takes as long as where there is one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$wXP3ExdlPvKJrVNz4mSXk0S1b0h7H2wGQmJq0S6cXqM";

/// What a password held against a hash came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Whether it is the password.
    pub(crate) right: bool,
    /// Whether the hash was made with other parameters than are used now.
    pub(crate) outdated: bool,
}

/// Hashes passwords. One needs 19 MiB and about 60 ms of a core.
pub(crate) struct Hasher {
    cores: Arc<Semaphore>,
}

impl Hasher {
    pub(crate) fn new() -> Self {
        let cores = available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cores: Arc::new(Semaphore::new(cores)) }
    }

    /// The hash of a password that is to be set, in PHC form; or why that password is not taken.
    pub(crate) async fn hash(&self, new: NewPassword) -> Result<String> {
        let salt = secret::random::<16>()?;
        self.run(move || {
            new.check().map_err(|problem| Error::problems(vec![problem]))?;
            hash(&new.password, &salt)
        })
        .await?
    }

    /// The hash of a password that is the right one and whose hash is outdated.
    pub(crate) async fn hash_again(&self, password: SecretString) -> Result<String> {
        let salt = secret::random::<16>()?;
        self.run(move || hash(&password, &salt)).await?
    }

    /// Holds a password against a hash; without one it takes as long and is wrong.
    pub(crate) async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<Verified> {
        self.run(move || {
            let there_is_one = hash.is_some();
            let verified = verify(&password, hash.as_deref().unwrap_or(NOBODY))?;
            Ok(Verified { right: verified.right && there_is_one, ..verified })
        })
        .await?
    }

    /// Runs `work` on a thread of its own as soon as there is a core for it. Its place is kept to its end, also when
    /// nobody waits for it any more.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = tokio::time::timeout(WAIT, Arc::clone(&self.cores).acquire_owned());
        let Ok(Ok(place)) = place.await else { return Err(Error::Overloaded) };
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        match done.await {
            Ok(done) => Ok(done),
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::Overloaded),
            },
        }
    }
}

/// m = 19 MiB, t = 2, p = 1.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash(password: &SecretString, salt: &[u8]) -> Result<String> {
    let hashed = argon2().hash_password_with_salt(password.expose_secret().as_bytes(), salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| Error::Hash(error.to_string()))
}

fn verify(password: &SecretString, hash: &str) -> Result<Verified> {
    let wrong = |error: argon2::password_hash::Error| Error::Hash(error.to_string());
    let hash = PasswordHash::new(hash).map_err(|error| Error::Hash(error.to_string()))?;
    let right = match argon2().verify_password(password.expose_secret().as_bytes(), &hash) {
        Ok(()) => true,
        Err(argon2::password_hash::Error::PasswordInvalid) => false,
        Err(error) => return Err(wrong(error)),
    };
    let parameters = Params::try_from(&hash).map_err(wrong)?;
    let now = Params::DEFAULT;
    let outdated = hash.algorithm != argon2::ARGON2ID_IDENT
        || (parameters.m_cost(), parameters.t_cost(), parameters.p_cost())
            != (now.m_cost(), now.t_cost(), now.p_cost());
    Ok(Verified { right, outdated })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        text.into()
    }

    #[tokio::test]
    async fn a_password_is_held_against_its_hash_to_its_last_byte() {
        let hasher = Hasher::new();
        let long = format!("{}x", "quartz hinge ".repeat(7));
        let hash = hasher.hash_again(secret(&long)).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(
            hasher.verify(secret(&long), Some(hash.clone())).await.unwrap(),
            Verified { right: true, outdated: false }
        );
        let other = format!("{}y", &long[..long.len() - 1]);
        assert!(long.len() > 73 && !hasher.verify(secret(&other), Some(hash)).await.unwrap().right);
    }

    #[tokio::test]
    async fn nobody_has_a_password() {
        let verified = Hasher::new().verify(secret("nobody has this"), None).await.unwrap();
        assert_eq!(verified, Verified { right: false, outdated: false });
    }

    #[tokio::test]
    async fn a_hash_of_weaker_parameters_is_right_and_outdated() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
        let hash = weak.hash_password_with_salt(b"quartz hinge", b"salt of 16 bytes").unwrap().to_string();
        let verified = Hasher::new().verify(secret("quartz hinge"), Some(hash)).await.unwrap();
        assert_eq!(verified, Verified { right: true, outdated: true });
    }

    #[tokio::test]
    async fn what_is_no_hash_is_a_failure_and_no_sign_in() {
        let failed = Hasher::new().verify(secret("x"), Some("plain".to_owned())).await;
        assert!(matches!(failed, Err(Error::Hash(_))), "{failed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_for_a_core_is_told_so() {
        let hasher = Hasher::new();
        let all = u32::try_from(hasher.cores.available_permits()).unwrap();
        let _busy = Arc::clone(&hasher.cores).acquire_many_owned(all).await.unwrap();
        let refused = hasher.verify(secret("x"), None).await;
        assert!(matches!(refused, Err(Error::Overloaded)), "{refused:?}");
    }
}
