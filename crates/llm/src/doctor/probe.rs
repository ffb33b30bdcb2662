//! One question to one address, and what came of it.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::place::Place;
use super::surroundings::Surroundings;
use crate::failure;
use crate::outbound::{Endpoint, Outbound};
use crate::settings::ProviderKind;
use crate::wire::{BODY_LIMIT, no_certificates, whole_body};

/// What is at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A server of the kind that was looked for.
    Server { version: Option<String> },
    /// A server that wants a key, or another one.
    Key { status: u16 },
    /// It says that it is elsewhere. Nobody looked there.
    Redirect { to: String },
    /// A web server that does not know what was asked for.
    Stranger { status: u16 },
    /// What answers speaks no HTTP.
    NotHttp,
    /// What answers speaks no TLS.
    NotTls,
    /// What answers speaks TLS, and cannot be trusted.
    Untrusted { why: String },
    /// It takes connections and says nothing.
    Silent,
    /// It closes connections without an answer.
    Cut,
    /// It refuses connections: nothing listens there.
    Refused,
    /// A connection is neither taken nor refused.
    NoConnection,
    /// There is no way to it.
    Unreachable { why: String },
    /// The name of the host is not known.
    UnknownName,
}

/// Asks questions without following where an answer leads, and past every proxy.
pub(super) struct Prober {
    outbound: Outbound,
    connect: Duration,
    answer: Duration,
}

impl Prober {
    pub(super) fn new(outbound: &Outbound, surroundings: &Surroundings) -> Self {
        let Surroundings { connect, answer, .. } = *surroundings;
        Self { outbound: outbound.clone(), connect, answer }
    }

    /// Whether this place may be called.
    pub(super) fn may_look(&self, place: &Place) -> bool {
        place.endpoint().is_ok_and(|endpoint| self.outbound.permits(&endpoint).is_ok())
    }

    fn client(&self, place: &Place, endpoint: &Endpoint) -> Result<Client, String> {
        let builder = self
            .outbound
            .client(endpoint)
            .map_err(|error| error.to_string())?
            .connect_timeout(self.connect)
            .timeout(self.connect + self.answer)
            .pool_max_idle_per_host(0);
        let builder = if place.https && rustls::crypto::CryptoProvider::get_default().is_some() {
            builder
        } else {
            builder.tls_backend_preconfigured(no_certificates().map_err(|error| error.to_string())?)
        };
        builder.build().map_err(|error| error.to_string())
    }

    /// Whether a server of `kind` is at `place`. `key` is the header of whoever may send it there.
    pub(super) async fn look(&self, kind: ProviderKind, place: &Place, key: Option<&HeaderValue>) -> Found {
        let path = if kind == ProviderKind::Ollama { "/api/version" } else { "/models" };
        let body = match self.get(place, path, key).await {
            Ok(body) => body,
            Err(found) => return found,
        };
        let stranger = Found::Stranger { status: 200 };
        if kind == ProviderKind::Ollama {
            let version = body.get("version").and_then(Value::as_str).map(failure::shown);
            return version.map_or(stranger, |version| Found::Server { version: Some(version) });
        }
        let list = body.get("data").or_else(|| body.get("models")).unwrap_or(&body);
        if list.is_array() { Found::Server { version: None } } else { stranger }
    }

    /// The JSON at an address. Anything else is what was found instead.
    async fn get(&self, place: &Place, path: &str, key: Option<&HeaderValue>) -> Result<Value, Found> {
        let unreachable = |why: String| Found::Unreachable { why };
        let endpoint = place.endpoint().map_err(|error| unreachable(error.to_string()))?;
        self.outbound.permits(&endpoint).map_err(|refusal| unreachable(refusal.sentence(&endpoint)))?;
        match timeout(self.connect, self.outbound.addresses(&endpoint)).await {
            Ok(Ok(addresses)) if !addresses.is_empty() => {}
            Ok(Ok(_)) => return Err(unreachable("there is no way to it".to_owned())),
            Ok(Err(_)) | Err(_) => return Err(Found::UnknownName),
        }
        let client = self.client(place, &endpoint).map_err(unreachable)?;
        self.outbound.contacted(&endpoint.to_string());
        let mut request = client.get(format!("{place}{path}"));
        if let Some(key) = key {
            request = request.header(AUTHORIZATION, key.clone());
        }
        let response = request.send().await.map_err(|error| of_error(&error))?;
        of_status(&response)?;
        let body = whole_body(response, BODY_LIMIT).await.map_err(|_| Found::Cut)?;
        serde_json::from_slice(&body).map_err(|_| Found::Stranger { status: 200 })
    }
}

fn of_status(response: &Response) -> Result<(), Found> {
    match response.status().as_u16() {
        200 => Ok(()),
        status @ (401 | 403) => Err(Found::Key { status }),
        status @ (301 | 302 | 303 | 307 | 308) => {
            let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            Err(to.map_or(Found::Stranger { status }, |to| Found::Redirect { to: failure::shown(to) }))
        }
        status => Err(Found::Stranger { status }),
    }
}

fn of_error(error: &reqwest::Error) -> Found {
    if error.is_timeout() {
        return if error.is_connect() { Found::NoConnection } else { Found::Silent };
    }
    if failure::is_not_http(error) {
        return Found::NotHttp;
    }
    let mut source: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<io::Error>().and_then(of_io) {
            return found;
        }
        source = cause.source();
    }
    if error.is_connect() {
        Found::Unreachable { why: "the connection failed".to_owned() }
    } else {
        Found::Cut
    }
}

fn of_io(error: &io::Error) -> Option<Found> {
    let inner = error.get_ref();
    if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Some(match tls {
            rustls::Error::InvalidMessage(_) => Found::NotTls,
            other => Found::Untrusted { why: other.to_string() },
        });
    }
    if let Some(nested) = inner.and_then(|inner| inner.downcast_ref::<io::Error>()) {
        return of_io(nested);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(Found::Refused),
        io::ErrorKind::TimedOut => Some(Found::NoConnection),
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => {
            Some(Found::Unreachable { why: "there is no way to it".to_owned() })
        }
        io::ErrorKind::UnexpectedEof if error.to_string().contains("tls") => Some(Found::NotTls),
        _ => None,
    }
}
