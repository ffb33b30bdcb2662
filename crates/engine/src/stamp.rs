//! Who makes a change and when: what is written beside it.

use std::sync::Arc;

use domain::caller::Caller;
use domain::clock::Millis;

use crate::Engine;

/// Drawn before the closure that writes, which may run again.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    /// The caller's name.
    pub by: Arc<str>,
    /// The time.
    pub at: Millis,
}

impl Engine {
    /// The stamp of a change that `caller` makes now.
    pub(crate) fn stamp(&self, caller: &Caller) -> Stamp {
        Stamp { by: Arc::clone(&caller.name), at: self.clock.now() }
    }
}
