//! An origin of the web: scheme, host and port, as browsers write it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::uri::Authority;
use serde::{Deserialize, Serialize};

/// Scheme, host and port, such as `https://cards.example.org` or `http://localhost:3000`. In lower case and without
/// the port that the scheme has by itself, so that it is what a browser writes in the header Origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    https: bool,
    host: String,
    port: Option<u16>,
}

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no origin: write scheme, host and port alone, such as https://cards.example.org")]
pub struct NoOrigin(String);

impl Origin {
    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether it is a name of the browser's own machine.
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost" || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// What the header Host may say: the port may be left out where the scheme has it by itself.
    pub(super) fn hosts(&self) -> Vec<String> {
        match self.port {
            Some(port) => vec![format!("{}:{port}", self.host)],
            None => vec![self.host.clone(), format!("{}:{}", self.host, default_port(self.https))],
        }
    }
}

fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let refused = || NoOrigin(text.chars().take(200).collect());
        let (scheme, rest) = text.split_once("://").ok_or_else(refused)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(refused()),
        };
        let authority: Authority = rest.strip_suffix('/').unwrap_or(rest).parse().map_err(|_| refused())?;
        let (host, port) = (authority.host(), authority.port_u16());
        // Neither a user, nor a colon without a port, nor a port with zeros before it.
        let written = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        if written != authority.as_str() || host.is_empty() || host.contains(['*', '%']) {
            return Err(refused());
        }
        let host = host.to_ascii_lowercase();
        Ok(Self { https, host, port: port.filter(|port| *port != default_port(https)) })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", if self.https { "https" } else { "http" }, self.host)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

impl TryFrom<String> for Origin {
    type Error = NoOrigin;

    fn try_from(text: String) -> Result<Self, NoOrigin> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for (text, written) in [
            ("https://cards.example.org", "https://cards.example.org"),
            ("HTTPS://Cards.Example.org:443/", "https://cards.example.org"),
            ("http://localhost:80", "http://localhost"),
            ("https://cards.example.org:8443", "https://cards.example.org:8443"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://192.0.2.1:443", "http://192.0.2.1:443"),
        ] {
            assert_eq!(
                text.parse::<Origin>().map(|origin| origin.to_string()).as_deref(),
                Ok(written),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for text in [
            "",
            "*",
            "null",
            "cards.example.org",
            "https://",
            "https://*",
            "https://*.example.org",
            "https://cards.example.org/path",
            "https://cards.example.org?x",
            "https://cards.example.org#x",
            "https://user@cards.example.org",
            "https://user:pass@cards.example.org",
            "ftp://cards.example.org",
            "https://cards.example.org:",
            "https://cards.example.org:99999",
            "https://cards example.org",
            "https://cards.example.org//",
            "https://a, https://b",
            "https://kärten.example",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_is_known_by_its_names() {
        for (text, loopback) in [
            ("http://localhost:3000", true),
            ("http://127.0.0.2", true),
            ("http://[::1]:3000", true),
            ("http://localhost.example.org", false),
            ("http://192.0.2.1", false),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().is_loopback(), loopback, "{text}");
        }
    }
}
