//! The section `server`: where it listens, how it is reached, whether that is safe.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use api::door::{ForeignPages, Origin, Reach, TrustedProxies};
use api::serve::{Connections, TlsFiles};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The section `server`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Where to listen. Other than loopback only with TLS, of this server or of a proxy; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of the database, made if it is not there.
    pub data_dir: PathBuf,
    /// Where `/metrics` is offered without signing in, over plain HTTP, such as 127.0.0.1:9464: an address that only
    /// Prometheus reaches. Not given: admins alone read them, where the server listens.
    pub metrics_listen: Option<SocketAddr>,
    /// What people type to reach it. Not given: its loopback names.
    pub public_origin: Option<Origin>,
    /// The certificate of the server, in PEM, with those between it and its root.
    pub tls_certificate_file: Option<PathBuf>,
    /// Its private key, in PEM.
    pub tls_key_file: Option<PathBuf>,
    /// Whether a proxy speaks TLS in place of the server, which is then reached over plain HTTP.
    pub behind_tls_proxy: bool,
    /// The networks of the proxies that are believed when they say for whom they ask.
    pub trusted_proxies: Vec<IpNet>,
    /// The origins of pages elsewhere that may use the API with an API key.
    pub cors_origins: Vec<Origin>,
    /// How many connections one address may have, or requests in flight where a trusted proxy names it; 0: no limit.
    pub connections_per_address: usize,
    /// How long connections are still taken after a signal to stop, in milliseconds, up to 20,000.
    pub accept_after_stop_ms: u64,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            data_dir: PathBuf::from("data"),
            metrics_listen: None,
            public_origin: None,
            tls_certificate_file: None,
            tls_key_file: None,
            behind_tls_proxy: false,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            connections_per_address: Connections::default().per_address,
            accept_after_stop_ms: 2_000,
        }
    }
}

/// A server that would be reached in an unsafe way, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreachable {
    #[error("server.tls_certificate_file and server.tls_key_file belong together: set both, or none")]
    HalfOfTls,
    #[error(
        "server.behind_tls_proxy says that a proxy speaks TLS in place of this server, which has a certificate of its own: remove one of both"
    )]
    TlsTwice,
    #[error(
        "{0} can be reached from other machines, and passwords would cross the network in the clear. Either set server.tls_certificate_file and server.tls_key_file; or set server.behind_tls_proxy = true, if only a proxy that speaks TLS reaches it; or listen on 127.0.0.1 or [::1]"
    )]
    InTheClear(SocketAddr),
    #[error(
        "server.public_origin is missing: requests are answered only if they name this server, so write what people type, such as https://cards.example.org"
    )]
    NoName,
    #[error(
        "server.public_origin is {0}, and this server is reached over TLS: write https:// in place of http://"
    )]
    NotHttps(Origin),
    #[error(
        "server.public_origin is {0}, and nobody speaks TLS here: set server.tls_certificate_file and server.tls_key_file, or server.behind_tls_proxy = true if a proxy does"
    )]
    NobodySpeaksTls(Origin),
    #[error(
        "server.public_origin is {0}: a name that other machines know must be https, or passwords cross the network in the clear"
    )]
    PlainName(Origin),
    #[error(
        "server.behind_tls_proxy needs server.trusted_proxies: name the network of the proxy, such as [\"127.0.0.1/32\"], or everybody shares one limit of requests"
    )]
    NobodyTrusted,
    #[error("server.cors_origins has {0}: a page that other machines know must be https")]
    PlainPage(Origin),
    #[error(
        "server.accept_after_stop_ms is {0}; it must be at most {LONGEST_ACCEPT_MS}, because requests are cut after 25 s"
    )]
    AcceptsTooLong(u64),
}

/// The most that `accept_after_stop_ms` may be.
const LONGEST_ACCEPT_MS: u64 = 20_000;

impl ServerSettings {
    pub(super) fn validate(&self) -> Result<(), Unreachable> {
        let tls = match (&self.tls_certificate_file, &self.tls_key_file) {
            (Some(_), Some(_)) => true,
            (None, None) => false,
            _ => return Err(Unreachable::HalfOfTls),
        };
        if tls && self.behind_tls_proxy {
            return Err(Unreachable::TlsTwice);
        }
        if !self.listen.ip().is_loopback() && !self.over_tls() {
            return Err(Unreachable::InTheClear(self.listen));
        }
        match &self.public_origin {
            None if self.behind_tls_proxy || !self.listen.ip().is_loopback() => {
                return Err(Unreachable::NoName);
            }
            Some(origin) if self.over_tls() && !origin.is_https() => {
                return Err(Unreachable::NotHttps(origin.clone()));
            }
            Some(origin) if !self.over_tls() && origin.is_https() => {
                return Err(Unreachable::NobodySpeaksTls(origin.clone()));
            }
            Some(origin) if !origin.is_https() && !origin.is_loopback() => {
                return Err(Unreachable::PlainName(origin.clone()));
            }
            _ => {}
        }
        if self.behind_tls_proxy && self.trusted_proxies.is_empty() {
            return Err(Unreachable::NobodyTrusted);
        }
        if self.accept_after_stop_ms > LONGEST_ACCEPT_MS {
            return Err(Unreachable::AcceptsTooLong(self.accept_after_stop_ms));
        }
        match self.cors_origins.iter().find(|origin| !origin.is_https() && !origin.is_loopback()) {
            Some(plain) => Err(Unreachable::PlainPage(plain.clone())),
            None => Ok(()),
        }
    }

    /// Whether browsers reach it over TLS, of this server or of a proxy.
    pub(crate) fn over_tls(&self) -> bool {
        self.tls_certificate_file.is_some() || self.behind_tls_proxy
    }

    /// What its links begin with, where it listens at `address`.
    pub(crate) fn origin(&self, address: SocketAddr) -> String {
        let scheme = if self.tls_certificate_file.is_some() { "https" } else { "http" };
        self.public_origin.as_ref().map_or_else(|| format!("{scheme}://{address}"), ToString::to_string)
    }

    /// The files of its own TLS.
    pub(crate) fn tls_files(&self) -> Option<TlsFiles> {
        let (certificate, key) = (self.tls_certificate_file.clone()?, self.tls_key_file.clone()?);
        Some(TlsFiles { certificate, key })
    }

    /// How long connections are still taken after a signal to stop.
    pub(crate) fn accept_after_stop(&self) -> Duration {
        Duration::from_millis(self.accept_after_stop_ms)
    }

    /// How it is reached, where it listens on `port`.
    pub(crate) fn reach(&self, port: u16) -> Reach {
        let tls = self.tls_certificate_file.is_some();
        let mut reach = Reach::at(port, tls, self.public_origin.as_ref());
        reach.proxies = TrustedProxies::new(self.trusted_proxies.clone());
        reach.pages = ForeignPages::new(&self.cors_origins);
        reach.per_client = self.connections_per_address;
        reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), String> {
        let settings: ServerSettings = toml::from_str(text).map_err(|error| error.to_string())?;
        settings.validate().map_err(|error| error.to_string())
    }

    const TLS: &str = "tls_certificate_file = 'a.pem'\ntls_key_file = 'a.key'\n";
    const PROXY: &str = "behind_tls_proxy = true\ntrusted_proxies = ['10.0.0.0/8']\n";
    const NAME: &str = "public_origin = 'https://cards.example.org'\n";
    const ALL: &str = "listen = '0.0.0.0:3000'\n";

    #[test]
    fn what_is_safe_is_accepted() {
        for text in [
            String::new(),
            "listen = '[::1]:3000'".to_owned(),
            "public_origin = 'http://localhost:5173'".to_owned(),
            TLS.to_owned(),
            format!("{TLS}{NAME}"),
            format!("{TLS}{NAME}{ALL}"),
            format!("{PROXY}{NAME}"),
            format!("{PROXY}{NAME}{ALL}"),
            "cors_origins = ['https://docs.example.org', 'http://localhost:8000']".to_owned(),
        ] {
            assert_eq!(checked(&text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_is_refused_with_what_to_do() {
        let cases = [
            (ALL.to_owned(), "in the clear. Either set server.tls_certificate_file"),
            ("listen = '[::]:3000'".to_owned(), "in the clear"),
            (format!("{ALL}{NAME}"), "in the clear"),
            ("tls_key_file = 'a.key'".to_owned(), "belong together"),
            (format!("{TLS}{PROXY}{NAME}"), "remove one of both"),
            (format!("{TLS}{ALL}"), "public_origin is missing"),
            (PROXY.to_owned(), "public_origin is missing"),
            (format!("{TLS}public_origin = 'http://cards.example.org'"), "write https://"),
            (NAME.to_owned(), "nobody speaks TLS here"),
            ("public_origin = 'http://cards.example.org'".to_owned(), "must be https"),
            (format!("{NAME}behind_tls_proxy = true"), "needs server.trusted_proxies"),
            ("cors_origins = ['http://docs.example.org']".to_owned(), "must be https"),
            ("cors_origins = ['*']".to_owned(), "is no origin"),
            ("cors_origins = ['null']".to_owned(), "is no origin"),
            ("cors_origins = ['https://*.example.org']".to_owned(), "is no origin"),
            ("public_origin = 'cards.example.org'".to_owned(), "is no origin"),
            ("accept_after_stop_ms = 20001".to_owned(), "must be at most 20000"),
        ];
        for (text, part) in cases {
            let error = checked(&text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
