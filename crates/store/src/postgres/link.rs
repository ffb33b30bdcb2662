//! Whether the server can be reached, as all connections of a store know it together.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::{Error, Result};

/// How long nobody tries again after an attempt that failed: whoever comes meanwhile is told at once.
const PAUSE: Duration = Duration::from_millis(500);

/// What the connections of one store know of the way to their server.
#[derive(Default)]
pub(crate) struct Link(Mutex<Option<Down>>);

/// The server could not be reached, and since then nobody has reached it.
struct Down {
    error: Error,
    next_attempt: Instant,
}

impl Link {
    /// Whether a connection may be tried now. One at a time is, as long as the server is away: otherwise each call
    /// that waits would wait for an attempt of its own.
    pub(super) fn may_connect(&self, at_most: Duration) -> Result<()> {
        let mut down = self.lock();
        match &mut *down {
            None => Ok(()),
            Some(down) if down.next_attempt <= Instant::now() => {
                down.next_attempt = Instant::now() + at_most;
                Ok(())
            }
            Some(down) => Err(down.error.clone()),
        }
    }

    /// Whether it was reached when that was tried last.
    pub(super) fn is_up(&self) -> bool {
        self.lock().is_none()
    }

    /// It was reached.
    pub(super) fn reached(&self) {
        *self.lock() = None;
    }

    /// It could not be reached.
    pub(super) fn not_reached(&self, error: &Error) {
        *self.lock() = Some(Down { error: error.clone(), next_attempt: Instant::now() + PAUSE });
    }

    /// It did not answer in time: the next to come may try.
    pub(super) fn silent(&self, error: &Error) {
        *self.lock() = Some(Down { error: error.clone(), next_attempt: Instant::now() });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Down>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn while_a_server_is_away_one_tries_and_the_others_are_told_at_once() {
        let link = Link::default();
        let error = Error::Unavailable { reason: "refused".to_owned() };
        assert_eq!(link.may_connect(LONG), Ok(()));
        assert_eq!(link.may_connect(LONG), Ok(()), "as long as all is well, each connects when it likes");
        link.not_reached(&error);
        assert_eq!(link.may_connect(LONG), Err(error.clone()));
        tokio::time::advance(PAUSE).await;
        assert_eq!(link.may_connect(LONG), Ok(()));
        assert_eq!(link.may_connect(LONG), Err(error.clone()), "somebody is trying");
        link.reached();
        assert_eq!(link.may_connect(LONG), Ok(()));
        link.silent(&error);
        assert_eq!((link.may_connect(LONG), link.may_connect(LONG)), (Ok(()), Err(error)));
    }
}
