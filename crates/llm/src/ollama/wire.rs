//! HTTP to an Ollama server.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Request, Response, Url};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use super::address::OllamaAddress;
use super::failure;
use crate::error::{CallError, CallErrorKind, SettingsError};

/// Everything but model calls is answered within this, or not at all.
const QUESTION_LIMIT: Duration = Duration::from_secs(10);
/// The longest answer to anything but a model call.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// Idle connections that are kept for each call that there may be at once. A connection is idle a moment after its
/// answer has ended, and a call that begins within that moment opens another: with room for one alone, one of ten
/// calls did, and as many were closed.
const CONNECTIONS_A_CALL: usize = 2;
/// A server that closed an idle connection lets a request on it fail within a round trip. What fails later
/// was being worked on, and is an attempt of its own.
const STALE_WITHIN: Duration = Duration::from_secs(1);

/// One client for all calls of a provider, so that they share its connections.
#[derive(Debug)]
pub(super) struct Wire {
    client: Client,
    address: OllamaAddress,
    /// The address, parsed once: its host would be looked through anew for each call.
    base: Url,
}

impl Wire {
    pub(super) fn new(
        address: OllamaAddress,
        connect_ms: u64,
        concurrency: u32,
    ) -> Result<Self, SettingsError> {
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_millis(connect_ms))
            .pool_max_idle_per_host(CONNECTIONS_A_CALL * concurrency as usize)
            .retry(reqwest::retry::never());
        if address.is_https() {
            if rustls::crypto::CryptoProvider::get_default().is_none() {
                return Err(SettingsError(format!("{address}: no TLS provider is installed.")));
            }
        } else {
            // Else every client reads the certificates of the system, and none can be built without them.
            builder = builder.tls_backend_preconfigured(no_certificates()?);
        }
        let client = builder
            .build()
            .map_err(|error| SettingsError(format!("{address}: no HTTP client can be built: {error}.")))?;
        let base = Url::parse(address.as_str())
            .map_err(|error| SettingsError(format!("{address} is no address: {error}.")))?;
        Ok(Self { client, address, base })
    }

    pub(super) fn address(&self) -> &OllamaAddress {
        &self.address
    }

    pub(super) async fn post(&self, path: &str, body: Bytes) -> Result<Response, CallError> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// A `GET` whose answer is one JSON value.
    pub(super) async fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.question(async { self.send(Method::GET, path, None).await }, "").await
    }

    /// A `POST` about `model` whose answer is one JSON value.
    pub(super) async fn post_json<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Bytes,
        model: &str,
    ) -> Result<T, CallError> {
        self.question(self.post(path, body), model).await
    }

    async fn question<T: DeserializeOwned>(
        &self,
        response: impl Future<Output = Result<Response, CallError>>,
        model: &str,
    ) -> Result<T, CallError> {
        let answer = async {
            let body = whole_body(failure::refused(response.await?, model).await?).await?;
            serde_json::from_slice(&body).map_err(|_| failure::garbage("no JSON that it should send"))
        };
        timeout(QUESTION_LIMIT, answer).await.unwrap_or_else(|_| {
            Err(CallError::new(
                CallErrorKind::TimeoutFirstToken,
                format!("The model server did not answer within {} s.", QUESTION_LIMIT.as_secs()),
            ))
        })
    }

    /// Sends, once more where the connection was lost before it brought anything.
    async fn send(&self, method: Method, path: &str, body: Option<Bytes>) -> Result<Response, CallError> {
        let started = Instant::now();
        match self.send_once(method.clone(), path, body.clone()).await {
            Err(error) if error.kind == CallErrorKind::Cut && started.elapsed() < STALE_WITHIN => {
                self.send_once(method, path, body).await
            }
            result => result,
        }
    }

    async fn send_once(
        &self,
        method: Method,
        path: &str,
        body: Option<Bytes>,
    ) -> Result<Response, CallError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        let mut request = Request::new(method, url);
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        self.client.execute(request).await.map_err(|error| failure::of_connection(&error, &self.address))
    }
}

fn no_certificates() -> Result<rustls::ClientConfig, SettingsError> {
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|config| config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
        .map_err(|error| SettingsError(format!("TLS cannot be set up: {error}.")))
}

/// The whole body of an answer that is not streamed.
pub(super) async fn whole_body(mut response: Response) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure::of_body(&error))? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(failure::too_large("an answer", BODY_LIMIT));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
