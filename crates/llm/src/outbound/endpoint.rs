//! What may be called: a scheme, a host or a network, and a port.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::never::canonical;
use crate::error::SettingsError;

/// Something that may be called, as text `http://gpu-box:11434`, `https://models.example.org:443`,
/// `http://10.0.0.0/8:11434` or `http://[fd00::/8]:11434`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    pub(super) https: bool,
    pub(super) host: Host,
    pub(super) port: u16,
}

/// One host or many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Host {
    /// A name, in lower case, as the resolver takes it.
    Name(String),
    /// A network; of a single address, one of that length.
    Network(IpNet),
}

impl Endpoint {
    /// What a URL calls. The error says why it cannot be called at all.
    pub(super) fn of(url: &Url) -> Result<Self, &'static str> {
        let https = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err("its scheme is neither http nor https"),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a name or a password");
        }
        if url.fragment().is_some() {
            return Err("it holds a `#`");
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default().filter(|port| *port > 0))
        else {
            return Err("it has no host, or no port");
        };
        // Whatever was typed, an address stands here in its usual form.
        let host = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => Host::Network(canonical(address).into()),
            Err(_) => Host::Name(host.trim_end_matches('.').to_owned()),
        };
        Ok(Self { https, host, port })
    }

    /// Whether what calls `other` may be called by this. A name covers no address, and a network no name: whoever
    /// may choose any name within a network could have any name looked up.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.is_like(other)
            && match (&self.host, &other.host) {
                (Host::Name(own), Host::Name(name)) => own == name,
                (Host::Network(own), Host::Network(network)) => own.contains(network),
                _ => false,
            }
    }

    /// Whether an address that a name stands for is one of this network.
    pub(super) fn covers_address(&self, other: &Self, address: IpAddr) -> bool {
        self.is_like(other) && matches!(&self.host, Host::Network(network) if network.contains(&address))
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.https, self.port) == (other.https, other.port)
    }

    /// Whether the name is that of this machine, which no name server is asked for.
    pub(super) fn is_localhost(&self) -> bool {
        matches!(&self.host, Host::Name(name) if name == "localhost" || name.ends_with(".localhost"))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        let port = self.port;
        match &self.host {
            Host::Name(name) => write!(formatter, "{scheme}://{name}:{port}"),
            Host::Network(network) => {
                let single = network.prefix_len() == network.max_prefix_len();
                let shown = if single { network.addr().to_string() } else { network.to_string() };
                match network {
                    IpNet::V4(_) => write!(formatter, "{scheme}://{shown}:{port}"),
                    IpNet::V6(_) => write!(formatter, "{scheme}://[{shown}]:{port}"),
                }
            }
        }
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.to_string()
    }
}

impl TryFrom<String> for Endpoint {
    type Error = SettingsError;

    fn try_from(text: String) -> Result<Self, SettingsError> {
        text.parse()
    }
}

impl FromStr for Endpoint {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let refuse = |why: &str| {
            // What stands before an @ may be a password.
            let shown: String = text.rsplit('@').next().unwrap_or_default().chars().take(200).collect();
            SettingsError(format!(
                "`{shown}` is no endpoint: {why}. Write it like http://gpu-box:11434, \
                 https://models.example.org:443 or http://10.0.0.0/8:11434."
            ))
        };
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or_else(|| refuse("it has no scheme"))?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(refuse("its scheme is neither http nor https")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest).ok_or_else(|| refuse("host and port cannot be told apart"))?;
        let port = match port {
            None if https => 443,
            None => 80,
            Some(port) => {
                port.parse().ok().filter(|port| *port > 0).ok_or_else(|| refuse("its port is none"))?
            }
        };
        if let Ok(network) = host.parse::<IpNet>() {
            return Ok(Self { https, host: Host::Network(network.trunc()), port });
        }
        if host.contains(['/', '\\', '?', '#', '@']) || host.contains(|letter: char| letter.is_whitespace()) {
            return Err(refuse("it holds more than scheme, host or network, and port"));
        }
        // As a URL is read: `127.1` and `0x7f000001` are addresses.
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let url =
            Url::parse(&format!("http://{bracketed}:{port}")).map_err(|error| refuse(&error.to_string()))?;
        let read = Self::of(&url).map_err(refuse)?;
        let sound = match &read.host {
            Host::Network(_) => true,
            Host::Name(name) => {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            }
        };
        if sound {
            Ok(Self { https, ..read })
        } else {
            Err(refuse("a name has letters, digits, `-`, `_` and `.`"))
        }
    }
}

/// Host and port of `host`, `host:port`, `10.0.0.0/8:port`, `[v6]:port` and `[v6/8]:port`.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => after.is_empty().then_some((host, None)),
        };
    }
    match text.split_once(':') {
        None => Some((text, None)),
        Some((_, port)) if port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_written_as_it_is_meant() {
        for (written, meant) in [
            ("http://gpu-box:11434", "http://gpu-box:11434"),
            ("HTTP://GPU-Box.:11434/", "http://gpu-box:11434"),
            ("https://models.example.org", "https://models.example.org:443"),
            ("http://127.1:11434", "http://127.0.0.1:11434"),
            ("http://0x7f000001", "http://127.0.0.1:80"),
            ("http://10.1.2.3/8:11434", "http://10.0.0.0/8:11434"),
            ("http://10.0.0.7/32:11434", "http://10.0.0.7:11434"),
            ("http://[::1]:11434", "http://[::1]:11434"),
            ("http://[fd00::7/8]:11434", "http://[fd00::/8]:11434"),
            ("http://[::ffff:10.0.0.7]:11434", "http://10.0.0.7:11434"),
            ("https://bücher.example", "https://xn--bcher-kva.example:443"),
        ] {
            let endpoint: Endpoint = written.parse().expect(written);
            assert_eq!(endpoint.to_string(), meant, "{written}");
            assert_eq!(meant.parse::<Endpoint>().expect(meant), endpoint);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in [
            "gpu-box:11434",
            "ftp://x:1",
            "http://",
            "http://:80",
            "http://x:0",
            "http://x:65536",
            "http://x:y",
            "http://a@b:1",
            "http://x:1/v1",
            "http://10.0.0.0/33:1",
            "http://x/8:1",
            "http://*:1",
            "http://*.example.org:1",
            "http://x?y:1",
            "http://x y:1",
            "http://a:1:2",
            "http://[::1:1",
            "http://::1:1",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
        let error = "http://me:secret@host:1".parse::<Endpoint>().expect_err("a password").to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn scheme_host_and_port_must_all_be_the_same() {
        let covers = |listed: &str, called: &str| {
            let url = Url::parse(called).expect(called);
            listed.parse::<Endpoint>().expect(listed).covers(&Endpoint::of(&url).expect(called))
        };
        assert!(covers("http://gpu-box:11434", "http://gpu-box:11434/api/chat"));
        assert!(covers("http://gpu-box:11434", "http://GPU-BOX.:11434"));
        assert!(covers("https://x:443", "https://x/v1"));
        assert!(covers("http://10.0.0.0/8:11434", "http://10.1.2.3:11434"));
        assert!(covers("http://10.0.0.0/8:11434", "http://0xa010203:11434"));
        assert!(covers("http://127.0.0.1:1", "http://[::ffff:7f00:1]:1"));
        for (listed, called) in [
            ("http://gpu-box:11434", "https://gpu-box:11434"),
            ("http://gpu-box:11434", "http://gpu-box:11435"),
            ("http://gpu-box:11434", "http://a.gpu-box:11434"),
            ("http://gpu-box:11434", "http://gpu-box.evil.example:11434"),
            ("http://10.0.0.0/8:11434", "http://11.0.0.1:11434"),
            ("http://10.0.0.0/8:11434", "http://gpu-box:11434"),
            ("http://127.0.0.1:11434", "http://localhost:11434"),
            ("http://localhost:11434", "http://127.0.0.1:11434"),
        ] {
            assert!(!covers(listed, called), "{listed} and {called}");
        }
    }
}
