//! The providers that the settings name.

use std::sync::Arc;

use domain::clock::Clock;

use crate::error::SettingsError;
use crate::guarded::Guarded;
use crate::outbound::Outbound;
#[cfg(feature = "scripted")]
use crate::provider::Provider;
use crate::settings::{ProviderSettings, ProvidersSettings};

/// The providers that the settings name, in their order, and what others are made of.
#[derive(Clone)]
pub struct Registry {
    configured: Vec<Arc<Guarded>>,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
    seed: u64,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(&self.configured).finish()
    }
}

impl Registry {
    /// Builds every provider, where everything may be called. Connects to nothing. `seed` is that of the jitter between
    /// attempts.
    pub fn new(
        settings: &ProvidersSettings,
        clock: &Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, SettingsError> {
        Self::within(settings, Outbound::open(), clock, seed)
    }

    /// The same behind a door that lists what may be called: what the settings name is listed.
    pub fn within(
        settings: &ProvidersSettings,
        outbound: Outbound,
        clock: &Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, SettingsError> {
        settings.validate()?;
        let mut registry = Self { configured: Vec::new(), outbound, clock: Arc::clone(clock), seed };
        for (seed, provider) in (seed..).zip(&settings.0) {
            if let Some(endpoint) = provider.endpoint()? {
                registry.outbound.list_configured(endpoint).map_err(|error| {
                    SettingsError(format!("Provider `{}`: `base_url`: {error}", provider.name))
                })?;
            }
            registry.configured.push(registry.build(provider.clone(), seed)?);
        }
        Ok(registry)
    }

    /// Providers that a simulation plays, in the place of those that the settings describe.
    #[cfg(feature = "scripted")]
    pub fn scripted(
        servers: Vec<(ProviderSettings, crate::scripted::Scripted)>,
        clock: &Arc<dyn Clock>,
        seed: u64,
    ) -> Self {
        let outbound = Outbound::open();
        let configured = (seed..).zip(servers).map(|(seed, (settings, server))| {
            let (provider, clock) = (Provider::Scripted(server), Arc::clone(clock));
            Arc::new(Guarded::around(provider, settings, outbound.clone(), clock, seed))
        });
        Self { configured: configured.collect(), outbound: outbound.clone(), clock: Arc::clone(clock), seed }
    }

    /// The configured provider of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Guarded>> {
        self.configured.iter().find(|provider| provider.name() == name)
    }

    /// All configured providers, in the order of the settings.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Guarded>> {
        self.configured.iter()
    }

    /// A provider that no settings name, behind the same door. It may not pass yet.
    pub fn make(&self, settings: ProviderSettings) -> Result<Arc<Guarded>, SettingsError> {
        settings.validate()?;
        self.build(settings, self.seed)
    }

    fn build(&self, settings: ProviderSettings, seed: u64) -> Result<Arc<Guarded>, SettingsError> {
        let outbound = self.outbound.through(settings.proxy.as_ref())?;
        Guarded::new(settings, outbound, Arc::clone(&self.clock), seed).map(Arc::new)
    }

    /// What may be called.
    pub fn outbound(&self) -> &Outbound {
        &self.outbound
    }
}
