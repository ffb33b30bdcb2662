//! How a server is reached: by which names, through which proxies, from which pages.

use super::client::TrustedProxies;
use super::names::OwnNames;
use super::origin::Origin;
use super::pages::ForeignPages;

/// How many requests a client behind a proxy may have in flight.
const PER_CLIENT: usize = 64;

/// How a server is reached.
#[derive(Debug, Clone)]
pub struct Reach {
    pub(super) names: OwnNames,
    pub(super) strict_transport: bool,
    /// The proxies that are believed when they say for whom they ask.
    pub proxies: TrustedProxies,
    /// The pages elsewhere that may use the API.
    pub pages: ForeignPages,
    /// How many requests a client behind such a proxy may have in flight; 0: as many as it wants.
    pub per_client: usize,
}

impl Reach {
    /// By its loopback names over plain HTTP.
    pub fn loopback(port: u16) -> Self {
        Self::at(port, false, None)
    }

    /// By its loopback names on `port`, which speaks TLS or not, and by what people type, if that is something else.
    pub fn at(port: u16, tls: bool, public: Option<&Origin>) -> Self {
        Self {
            names: OwnNames::new(port, tls, public),
            strict_transport: public.is_some_and(|public| public.is_https() && !public.is_loopback()),
            proxies: TrustedProxies::default(),
            pages: ForeignPages::default(),
            per_client: PER_CLIENT,
        }
    }
}
