//! Who makes a change and when: what is written beside it.

use std::sync::Arc;

use domain::caller::{Caller, Credential};
use domain::clock::Millis;
use domain::ids::ApiKeyId;

use crate::Engine;

/// Drawn before the closure that writes, which may run again.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    /// The caller's name.
    pub by: Arc<str>,
    /// The API key that the caller uses, if they use one.
    pub api_key: Option<ApiKeyId>,
    /// The time.
    pub at: Millis,
}

impl Engine {
    /// The stamp of a change that `caller` makes now.
    pub(crate) fn stamp(&self, caller: &Caller) -> Stamp {
        let api_key = match &caller.credential {
            Credential::ApiKey { id, .. } => Some(*id),
            Credential::Session { .. } | Credential::Machine => None,
        };
        Stamp { by: Arc::clone(&caller.name), api_key, at: self.clock.now() }
    }
}
