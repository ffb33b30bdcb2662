//! An address in its parts, so that one of them can be another.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use crate::address::ServerAddress;
use crate::error::SettingsError;
use crate::outbound::{Endpoint, endpoint_of};

/// A base address in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) https: bool,
    /// As it stands in an address: an IPv6 address in brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// Without a slash at its end; empty for the root.
    pub(super) path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(formatter, "{scheme}://{}:{}{}", self.host, self.port, self.path)
    }
}

impl Place {
    /// None: the address was not read by [`ServerAddress`].
    pub(super) fn of(address: &ServerAddress) -> Option<Self> {
        let url = Url::parse(address.as_str()).ok()?;
        Some(Self {
            https: address.is_https(),
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default()?,
            path: url.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Whether a key that was saved for one may be sent to the other.
    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        (self.https, &self.host, self.port) == (other.https, &other.host, other.port)
    }

    pub(super) fn with_path(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    pub(super) fn with_host(&self, host: &str) -> Self {
        Self { host: host.to_owned(), ..self.clone() }
    }

    pub(super) fn with_port(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    pub(super) fn with_other_scheme(&self) -> Self {
        Self { https: !self.https, ..self.clone() }
    }

    /// What is called there.
    pub(super) fn endpoint(&self) -> Result<Endpoint, SettingsError> {
        let url =
            Url::parse(&self.to_string()).map_err(|error| SettingsError(format!("{self}: {error}.")))?;
        endpoint_of(&url)
    }

    /// Whether it means the machine, or the container, that this program runs in.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}
