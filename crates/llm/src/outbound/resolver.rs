//! Names into addresses, of which only those come back that may be called. Nothing looks them up a second time.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use super::{Endpoint, Outbound};

/// The addresses of a name.
type LookUp = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Who is asked for the addresses of a name.
#[derive(Clone)]
pub enum Names {
    /// The system: its file of hosts, its name servers.
    System,
    /// Who answers differently each time, for instance.
    Given(Arc<LookUp>),
}

impl Names {
    pub(super) async fn look_up(&self, name: &str, port: u16) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => Ok(lookup_host((name, port)).await?.map(|found| found.ip()).collect()),
            Self::Given(names) => Ok(names(name)),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if matches!(self, Self::System) { "System" } else { "Given" })
    }
}

/// The resolver of a client that calls one endpoint.
pub(super) struct Vetted {
    outbound: Outbound,
    endpoint: Endpoint,
}

impl Vetted {
    pub(super) fn new(outbound: Outbound, endpoint: Endpoint) -> Self {
        Self { outbound, endpoint }
    }
}

impl Resolve for Vetted {
    fn resolve(&self, _name: Name) -> Resolving {
        // The client is used for this endpoint alone: what it asks for is this name.
        let (outbound, endpoint) = (self.outbound.clone(), self.endpoint.clone());
        async move {
            let vetted = outbound.addresses(&endpoint).await?;
            if vetted.is_empty() {
                // It must read like a machine that is not there.
                return Err(io::Error::from(io::ErrorKind::HostUnreachable).into());
            }
            let addresses: Addrs = Box::new(vetted.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        }
        .boxed()
    }
}
