//! The providers that the settings name.

use std::sync::Arc;

use domain::clock::Clock;

use crate::error::SettingsError;
use crate::guarded::Guarded;
use crate::settings::ProvidersSettings;

/// The providers that the settings name, in their order.
#[derive(Debug)]
pub struct Registry(Vec<Arc<Guarded>>);

impl Registry {
    /// Builds every provider. Connects to nothing. `seed` is that of the jitter between attempts.
    pub fn new(
        settings: &ProvidersSettings,
        clock: &Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, SettingsError> {
        settings.validate()?;
        (seed..)
            .zip(&settings.0)
            .map(|(seed, provider)| Guarded::new(provider.clone(), Arc::clone(clock), seed).map(Arc::new))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The provider of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Guarded>> {
        self.0.iter().find(|provider| provider.name() == name)
    }

    /// All providers, in the order of the settings.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Guarded>> {
        self.0.iter()
    }
}
