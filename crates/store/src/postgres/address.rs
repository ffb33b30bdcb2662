//! Where the server is, and whether the way to it is encrypted.

use std::fmt;
use std::future::poll_fn;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::link::Link;

/// Where `PostgreSQL` listens unless it is told otherwise.
const PORT: u16 = 5432;
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// The URL of a `PostgreSQL` database. Its password is shown nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DatabaseUrl {
    text: String,
    shown: String,
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Self { text: text.to_owned(), shown: redacted(text) };
        url.read().map(|_| url)
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DatabaseUrl> for String {
    fn from(url: DatabaseUrl) -> Self {
        url.shown
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// What a URL says of the encryption.
#[derive(Debug, PartialEq, Eq)]
enum Encryption {
    /// None: the server is on this machine.
    None,
    /// TLS, with the server's certificate and name verified: by these certificates, or by those of the system.
    Verified(Option<PathBuf>),
}

impl DatabaseUrl {
    /// Where the database is: hosts with their ports. Sockets of this machine are none.
    pub fn places(&self) -> Vec<(String, u16)> {
        let Ok((config, _)) = self.read() else { return Vec::new() };
        let ports = config.get_ports();
        let place = |(number, host): (usize, &Host)| match host {
            // One port is that of all hosts.
            Host::Tcp(name) => Some((name.clone(), *ports.get(number).or(ports.first()).unwrap_or(&PORT))),
            #[cfg(unix)]
            Host::Unix(_) => None,
        };
        config.get_hosts().iter().enumerate().filter_map(place).collect()
    }

    /// How to connect. The error says what is wrong with the URL.
    pub(crate) fn address(&self) -> Result<Address, String> {
        let (config, encryption) = self.read()?;
        let tls = match encryption {
            Encryption::None => None,
            Encryption::Verified(certificates) => Some(MakeRustlsConnect::new(tls(certificates)?)),
        };
        Ok(Address { config, tls, link: Link::default(), shown: self.shown.clone() })
    }

    fn read(&self) -> Result<(Config, Encryption), String> {
        let text = &self.text;
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err("it must begin with postgres://".to_owned());
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut mode, mut certificates) = (None, None);
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => certificates = Some(PathBuf::from(value.into_owned())),
                _ => {
                    rest.append_pair(&key, &value);
                }
            }
        }
        let rest = rest.finish();
        let plain = if rest.is_empty() { base.to_owned() } else { format!("{base}?{rest}") };
        let mut config: Config = plain.parse().map_err(|error: tokio_postgres::Error| {
            std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
        })?;
        if config.get_hosts().is_empty() {
            return Err("it names no host".to_owned());
        }
        let local = config.get_hosts().iter().all(is_local);
        let encryption = match mode.as_deref() {
            None | Some("disable" | "allow" | "prefer") if local => Encryption::None,
            None | Some("require" | "verify-ca" | "verify-full") => Encryption::Verified(certificates),
            Some(mode @ ("disable" | "allow" | "prefer")) => {
                return Err(format!(
                    "sslmode={mode} could send the password in the clear to another machine; use sslmode=verify-full"
                ));
            }
            Some(other) => return Err(format!("sslmode={other} is not known; use sslmode=verify-full")),
        };
        config.ssl_mode(if encryption == Encryption::None { SslMode::Disable } else { SslMode::Require });
        config.connect_timeout(CONNECT).application_name("promptcards");
        Ok((config, encryption))
    }
}

/// The URL with its password replaced, and without what follows a `?`.
fn redacted(text: &str) -> String {
    let base = text.split_once('?').map_or(text, |(base, _)| base);
    let Some((scheme, rest)) = base.split_once("://") else { return "not a URL".to_owned() };
    match rest.rsplit_once('@') {
        None => base.to_owned(),
        Some((user, place)) => {
            let user =
                user.split_once(':').map_or_else(|| user.to_owned(), |(name, _)| format!("{name}:***"));
            format!("{scheme}://{user}@{place}")
        }
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn tls(certificates: Option<PathBuf>) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let verified = match certificates {
        None => builder.with_platform_verifier().map_err(|error| error.to_string())?,
        Some(path) => {
            let unreadable = |error: &dyn fmt::Display| format!("sslrootcert {}: {error}", path.display());
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(&path).map_err(|error| unreadable(&error))? {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                roots.add(certificate).map_err(|error| unreadable(&error))?;
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(verified.with_no_client_auth())
}

/// How to connect.
pub(crate) struct Address {
    /// Its URL, without the password.
    pub(crate) shown: String,
    pub(super) link: Link,
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

/// What carries a connection's messages. It ends when the connection does.
type Carrier = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Address {
    /// A connection; `heard` is told whenever somebody says something on a channel that it listens to.
    pub(super) async fn connect(
        &self,
        heard: Option<Arc<Notify>>,
    ) -> Result<(Client, Carrier), tokio_postgres::Error> {
        Ok(match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                (client, Box::pin(carry(connection, heard)))
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                (client, Box::pin(carry(connection, heard)))
            }
        })
    }
}

async fn carry<S, T>(mut connection: Connection<S, T>, heard: Option<Arc<Notify>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
        match message {
            Ok(AsyncMessage::Notification(_)) => heard.iter().for_each(|heard| heard.notify_one()),
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "a connection to the database ended");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encryption(url: &str) -> Result<Encryption, String> {
        url.parse::<DatabaseUrl>().and_then(|url| url.read()).map(|(_, encryption)| encryption)
    }

    #[test]
    fn the_way_to_another_machine_is_encrypted_and_verified() {
        for url in [
            "postgres://u:p@db.example/cards",
            "postgres://u:p@db.example/cards?sslmode=require",
            "postgresql://u@10.0.0.7/cards?sslmode=verify-full",
            "postgres://u@localhost,db.example/cards",
        ] {
            assert_eq!(encryption(url), Ok(Encryption::Verified(None)), "{url}");
        }
        for mode in ["disable", "allow", "prefer", "sometimes"] {
            let error = encryption(&format!("postgres://u@db.example/cards?sslmode={mode}")).unwrap_err();
            assert!(error.contains("verify-full"), "{error}");
        }
        let own = encryption("postgres://u@db.example/cards?sslmode=verify-full&sslrootcert=/etc/ca.pem");
        assert_eq!(own, Ok(Encryption::Verified(Some(PathBuf::from("/etc/ca.pem")))));
    }

    #[test]
    fn the_way_on_this_machine_need_not_be() {
        for url in [
            "postgres://u@localhost/cards",
            "postgres://u@127.0.0.1:5433/cards?sslmode=disable",
            "postgres://u@[::1]/cards",
            "postgres://u@%2Frun%2Fpostgresql/cards",
        ] {
            assert_eq!(encryption(url), Ok(Encryption::None), "{url}");
        }
    }

    #[test]
    fn a_password_is_shown_nowhere() {
        let url: DatabaseUrl =
            "postgres://cards:hunter2@db.example:5432/cards?password=hunter2".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://cards:***@db.example:5432/cards");
        assert!(!format!("{url:?} {}", serde_json::to_string(&url).unwrap()).contains("hunter2"));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in ["mysql://u@h/d", "data/promptcards.db", "postgres://", "postgres://u@h:port/d"] {
            assert!(url.parse::<DatabaseUrl>().is_err(), "{url}");
        }
    }
}
