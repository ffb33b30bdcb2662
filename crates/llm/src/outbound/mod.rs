//! The door for everything that this program calls: which endpoints may be called, checked at each call and again at
//! each connection, and whom it has called.
//!
//! On a person's own machine the door is open: a file of theirs says what is called. At a server it is closed, and a
//! list says what may pass. There is one builder of HTTP clients, here.

mod contacts;
mod endpoint;
mod never;
mod resolver;
mod settings;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use domain::clock::Clock;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Url};

pub use contacts::Contact;
use contacts::Contacts;
pub use endpoint::Endpoint;
use endpoint::Host;
use never::{Never, canonical};
pub use resolver::Names;
pub use settings::OutboundSettings;

use crate::error::{CallError, CallErrorKind, SettingsError};

/// What may be called. A clone is the same door.
#[derive(Clone)]
pub struct Outbound {
    /// None: everything may be called.
    closed: Option<Arc<Closed>>,
    proxy: Option<Arc<Proxy>>,
}

/// What stands between this program and whom it calls.
struct Proxy {
    endpoint: Endpoint,
    /// The endpoint as it is counted.
    called: String,
}

struct Closed {
    never: Never,
    names: Names,
    clock: Arc<dyn Clock>,
    listed: RwLock<Listed>,
    contacts: Contacts,
}

/// What may be called, by who says so.
#[derive(Default)]
struct Listed {
    configured: Vec<Endpoint>,
    added: Vec<Endpoint>,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.closed.is_some() { "Outbound(closed)" } else { "Outbound(open)" })
    }
}

/// Why something may not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No endpoint of the list covers it.
    NotListed,
    /// It is never called, whatever the list says.
    Never,
}

impl Refusal {
    /// Why, in a sentence about `endpoint`.
    pub fn sentence(self, endpoint: &Endpoint) -> String {
        match self {
            Self::NotListed => format!(
                "{endpoint} is none of the endpoints that this server may call. Choose one of them, or ask an admin to \
                 add it."
            ),
            Self::Never => format!(
                "{endpoint} is never called: it is an address of this server itself, of a database, of a cloud's \
                 metadata, or of no single machine."
            ),
        }
    }
}

impl Outbound {
    /// Everything may be called: for the command line, at the machine of who typed it.
    pub fn open() -> Self {
        Self { closed: None, proxy: None }
    }

    /// The same door, with a proxy behind it that the configuration names for this provider.
    pub(crate) fn through(&self, proxy: Option<&Endpoint>) -> Result<Self, SettingsError> {
        let Some(endpoint) = proxy else { return Ok(self.clone()) };
        self.may_be_listed(endpoint).map_err(|refusal| SettingsError(refusal.sentence(endpoint)))?;
        let proxy = Proxy { endpoint: endpoint.clone(), called: endpoint.to_string() };
        Ok(Self { closed: self.closed.clone(), proxy: Some(Arc::new(proxy)) })
    }

    /// Nothing may be called but what is listed. `listening` is where this server itself is, `databases` are the ports
    /// of those that it uses.
    pub fn closed(
        settings: &OutboundSettings,
        listening: Option<SocketAddr>,
        databases: Vec<u16>,
        names: Names,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let closed = Closed {
            never: Never::new(databases, listening),
            names,
            clock,
            listed: RwLock::default(),
            contacts: Contacts::default(),
        };
        let outbound = Self { closed: Some(Arc::new(closed)), proxy: None };
        settings.endpoints.iter().try_for_each(|endpoint| outbound.list_configured(endpoint.clone()))?;
        Ok(outbound)
    }

    /// Lists what the configuration names.
    pub(crate) fn list_configured(&self, endpoint: Endpoint) -> Result<(), SettingsError> {
        self.may_be_listed(&endpoint).map_err(|refusal| SettingsError(refusal.sentence(&endpoint)))?;
        if let Some(closed) = &self.closed {
            let mut listed = closed.listed.write().unwrap_or_else(PoisonError::into_inner);
            if !listed.configured.contains(&endpoint) {
                listed.configured.push(endpoint);
            }
        }
        Ok(())
    }

    /// What the configuration names, in its order.
    pub fn configured(&self) -> Vec<Endpoint> {
        let Some(closed) = &self.closed else { return Vec::new() };
        closed.listed.read().unwrap_or_else(PoisonError::into_inner).configured.clone()
    }

    /// Puts `endpoints` in the place of those that admins have added. What they do not cover any more is refused from
    /// the next call on.
    pub fn set_added(&self, endpoints: Vec<Endpoint>) {
        if let Some(closed) = &self.closed {
            closed.listed.write().unwrap_or_else(PoisonError::into_inner).added = endpoints;
        }
    }

    /// Whether an admin may add it. A network may hold addresses that are never called: they are refused nevertheless.
    pub fn may_be_listed(&self, endpoint: &Endpoint) -> Result<(), Refusal> {
        let Some(closed) = &self.closed else { return Ok(()) };
        let never = match &endpoint.host {
            Host::Name(_) => closed.never.is_port(endpoint.port),
            // Both ends of all addresses are never called either, so that nobody lists the whole world.
            Host::Network(network) => {
                let ends = [network.network(), network.broadcast()].map(canonical);
                ends.into_iter().all(|end| closed.never.is_address(end, endpoint.port))
            }
        };
        if never { Err(Refusal::Never) } else { Ok(()) }
    }

    /// Whether this endpoint may be called now. For a name, what it stands for is looked at when it is connected to.
    pub fn permits(&self, endpoint: &Endpoint) -> Result<(), Refusal> {
        let Some(closed) = &self.closed else { return Ok(()) };
        if closed.never.is_port(endpoint.port) {
            return Err(Refusal::Never);
        }
        // The resolver is not asked for an address, so that it would pass unseen.
        if let Host::Network(network) = &endpoint.host
            && closed.never.is_address(network.addr(), endpoint.port)
        {
            return Err(Refusal::Never);
        }
        // `localhost` is looked up without asking anybody, so that it may also stand for a listed address.
        let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let is_listed = closed.any_listed(|listed| {
            listed.covers(endpoint)
                || endpoint.is_localhost()
                    && loopback.iter().any(|address| listed.covers_address(endpoint, *address))
        });
        if is_listed { Ok(()) } else { Err(Refusal::NotListed) }
    }

    /// The same as an error of a call.
    pub(crate) fn permits_call(&self, endpoint: &Endpoint) -> Result<(), CallError> {
        self.permits(endpoint)
            .map_err(|refusal| CallError::new(CallErrorKind::NotAllowed, refusal.sentence(endpoint)))
    }

    /// The addresses of a name or a literal that may be called; none, where there is no other. Through a proxy, those
    /// of the proxy: what a name stands for behind it is for the proxy to find out.
    pub(crate) async fn addresses(&self, endpoint: &Endpoint) -> io::Result<Vec<IpAddr>> {
        if let Some(proxy) = &self.proxy {
            return self.addresses_of_proxy(&proxy.endpoint).await;
        }
        match (&endpoint.host, &self.closed) {
            (Host::Network(network), _) => {
                Ok(if self.permits(endpoint).is_ok() { vec![network.addr()] } else { Vec::new() })
            }
            (Host::Name(name), None) => Names::System.look_up(name, endpoint.port).await,
            (Host::Name(name), Some(closed)) => {
                let found = closed.names.look_up(name, endpoint.port).await?;
                Ok(found.into_iter().filter(|address| closed.vets(endpoint, *address)).collect())
            }
        }
    }

    async fn addresses_of_proxy(&self, proxy: &Endpoint) -> io::Result<Vec<IpAddr>> {
        match (&proxy.host, &self.closed) {
            (Host::Network(network), _) => Ok(vec![network.addr()]),
            (Host::Name(name), None) => Names::System.look_up(name, proxy.port).await,
            (Host::Name(name), Some(closed)) => {
                let found = closed.names.look_up(name, proxy.port).await?;
                let never = |address: &IpAddr| closed.never.is_address(canonical(*address), proxy.port);
                Ok(found.into_iter().filter(|address| !never(address)).collect())
            }
        }
    }

    /// Something was called.
    pub fn contacted(&self, called: &str) {
        if let Some(closed) = &self.closed {
            let now = closed.clock.now();
            closed.contacts.count(called, now);
            if let Some(proxy) = &self.proxy {
                closed.contacts.count(&proxy.called, now);
            }
        }
    }

    /// Takes away the counts of what was called since they were last taken, to be kept elsewhere.
    pub fn take_contacts(&self) -> BTreeMap<String, Contact> {
        self.closed.as_ref().map(|closed| closed.contacts.take()).unwrap_or_default()
    }

    /// Puts counts back that could not be kept.
    pub fn put_back_contacts(&self, counts: BTreeMap<String, Contact>) {
        if let Some(closed) = &self.closed {
            closed.contacts.put_back(counts);
        }
    }

    /// What every HTTP client of this program begins with: past every proxy of the environment, following nowhere,
    /// sending nothing twice, and connecting to `endpoint` alone, or to the proxy that was named for it.
    pub(crate) fn client(&self, endpoint: &Endpoint) -> Result<ClientBuilder, SettingsError> {
        let builder = Client::builder().no_proxy().redirect(Policy::none()).retry(reqwest::retry::never());
        let builder = match &self.proxy {
            None => builder,
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.called.as_str()).map_err(|error| {
                SettingsError(format!("{} cannot be used as a proxy: {error}.", proxy.endpoint))
            })?),
        };
        Ok(match &self.closed {
            None => builder,
            Some(_) => builder.dns_resolver(resolver::Vetted::new(self.clone(), endpoint.clone())),
        })
    }
}

impl Closed {
    fn any_listed(&self, covers: impl Fn(&Endpoint) -> bool) -> bool {
        let listed = self.listed.read().unwrap_or_else(PoisonError::into_inner);
        listed.configured.iter().chain(&listed.added).any(covers)
    }

    /// Whether an address that a name stands for may be connected to. A name that is listed may be that of any machine,
    /// but not of this one: else whoever has the name in hand points it at what listens here and is meant for nobody
    /// else.
    fn vets(&self, endpoint: &Endpoint, address: IpAddr) -> bool {
        let address = canonical(address);
        if self.never.is_address(address, endpoint.port) {
            return false;
        }
        let is_listed = self.any_listed(|listed| listed.covers(endpoint));
        is_listed && (!address.is_loopback() || endpoint.is_localhost())
            || self.any_listed(|listed| listed.covers_address(endpoint, address))
    }
}

/// The endpoint of a base address. Those of settings were read before.
pub(crate) fn endpoint_of(url: &Url) -> Result<Endpoint, SettingsError> {
    Endpoint::of(url).map_err(|why| SettingsError(format!("{url} cannot be called: {why}.")))
}
