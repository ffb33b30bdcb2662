//! The real clock and the real source of identifiers: the only places that ask the system for them.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::clock::{Clock, Millis};
use domain::ids::IdSource;
use uuid::Uuid;

/// The wall clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
    }
}

/// Random identifiers, ordered by time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the source that everything else is given")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Installs the cryptography of outbound TLS, without which the HTTP client panics at its first use. A further
/// call changes nothing.
pub fn install_cryptography() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("the cryptography was installed already");
    }
}
