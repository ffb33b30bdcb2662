//! HTTP to a model server.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Request, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};
use tower::util::MapRequestLayer;

use crate::address::ServerAddress;
use crate::error::{CallError, CallErrorKind, SettingsError};
use crate::failure::{self, Refusal};
use crate::key::Key;
use crate::outbound::{Endpoint, Outbound};
use crate::retry_after;
use crate::settings::ProviderSettings;

/// Everything but model calls is answered within this, or not at all.
const QUESTION_LIMIT: Duration = Duration::from_secs(10);
/// The longest answer to anything but a model call.
pub(crate) const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// The longest answer that is read for the words of an error.
const ERROR_LIMIT: usize = 256 * 1024;
/// Idle connections that are kept for each call that there may be at once. A connection is idle a moment after its
/// answer has ended, and a call that begins within that moment opens another: with room for one alone, one of ten
/// calls did, and as many were closed.
const CONNECTIONS_A_CALL: usize = 2;
/// A server that closed an idle connection lets a request on it fail within a round trip. What fails later
/// was being worked on, and is an attempt of its own.
const STALE_WITHIN: Duration = Duration::from_secs(1);

tokio::task_local! {
    /// Whether the request that is being sent has opened a connection, because none was idle.
    static OPENED: Cell<bool>;
}

/// A connection is opened for `target`.
fn opened<T>(target: T) -> T {
    // Outside of a request there is nobody to tell.
    let _ = OPENED.try_with(|opened| opened.set(true));
    target
}

/// One client for all calls of a provider, so that they share its connections.
#[derive(Debug)]
pub(crate) struct Wire {
    client: Client,
    address: ServerAddress,
    key: Key,
    /// The address, parsed once: its host would be looked through anew for each call.
    base: Url,
    outbound: Outbound,
    endpoint: Endpoint,
    /// The endpoint as it is counted.
    called: String,
}

impl Wire {
    pub(crate) fn new(
        address: ServerAddress,
        settings: &ProviderSettings,
        outbound: &Outbound,
    ) -> Result<Self, SettingsError> {
        let base = Url::parse(address.as_str())
            .map_err(|error| SettingsError(format!("{address} is no address: {error}.")))?;
        let endpoint = address.endpoint()?;
        let mut builder = outbound
            .client(&endpoint)?
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_millis(settings.limits.connect_ms))
            .pool_max_idle_per_host(CONNECTIONS_A_CALL * settings.effective_concurrency() as usize)
            .connector_layer(MapRequestLayer::new(opened));
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
        let (outbound, called) = (outbound.clone(), endpoint.to_string());
        Ok(Self { client, address, key: Key::read(settings), base, outbound, endpoint, called })
    }

    pub(crate) fn address(&self) -> &ServerAddress {
        &self.address
    }

    pub(crate) async fn post(&self, path: &str, body: Bytes) -> Result<Response, CallError> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// A `DELETE` of `model`, whose answer is its status.
    pub(crate) async fn delete(&self, path: &str, body: Bytes, model: &str) -> Result<(), CallError> {
        Self::within_limit(async {
            let response = self.send(Method::DELETE, path, Some(body)).await?;
            self.accepted(response, model).await.map(drop)
        })
        .await
    }

    /// The response, unless its status says that there is no answer in it.
    pub(crate) async fn accepted(&self, response: Response, model: &str) -> Result<Response, CallError> {
        if response.status() == StatusCode::OK {
            return self.readable(response);
        }
        let refusal = Box::pin(self.refusal(response)).await;
        Err(refusal.into_error(model, self.has_key()))
    }

    /// The response, unless its body is compressed.
    pub(crate) fn readable(&self, response: Response) -> Result<Response, CallError> {
        match response.headers().get(CONTENT_ENCODING) {
            Some(coding) if !coding.as_bytes().eq_ignore_ascii_case(b"identity") => {
                let coding = self.shown(&String::from_utf8_lossy(coding.as_bytes()));
                Err(failure::garbage(&format!("an answer compressed by {coding}, which was not asked for")))
            }
            _ => Ok(response),
        }
    }

    /// What a response says of why there is no answer in it.
    pub(crate) async fn refusal(&self, response: Response) -> Refusal {
        let retry_after = retry_after::asked(response.headers());
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = content_type.is_some_and(|value| value.contains("json"));
        let status = response.status().as_u16();
        // A body that cannot be read takes nothing away from what the status says.
        let body = whole_body(response, ERROR_LIMIT).await.unwrap_or_default();
        let words = failure::words(&String::from_utf8_lossy(&body)).map(|words| self.shown(&words));
        Refusal { status, retry_after, is_json, words }
    }

    /// Words of the server, safe to show and without the key.
    pub(crate) fn shown(&self, words: &str) -> String {
        failure::shown(&self.key.hidden_in(words))
    }

    pub(crate) fn has_key(&self) -> bool {
        matches!(self.key, Key::Read { .. })
    }

    /// What a `GET` is answered with.
    pub(crate) async fn get(&self, path: &str) -> Result<Vec<u8>, CallError> {
        self.question(async { self.send(Method::GET, path, None).await }, "").await
    }

    /// A `GET` whose answer is one JSON value.
    pub(crate) async fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        parsed(&self.get(path).await?)
    }

    /// A `POST` about `model` whose answer is one JSON value.
    pub(crate) async fn post_json<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Bytes,
        model: &str,
    ) -> Result<T, CallError> {
        parsed(&self.question(self.post(path, body), model).await?)
    }

    async fn question(
        &self,
        response: impl Future<Output = Result<Response, CallError>>,
        model: &str,
    ) -> Result<Vec<u8>, CallError> {
        Self::within_limit(async {
            whole_body(self.accepted(response.await?, model).await?, BODY_LIMIT).await
        })
        .await
    }

    async fn within_limit<T>(answer: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
        timeout(QUESTION_LIMIT, answer).await.unwrap_or_else(|_| {
            Err(CallError::new(
                CallErrorKind::TimeoutFirstToken,
                format!("The model server did not answer within {} s.", QUESTION_LIMIT.as_secs()),
            ))
        })
    }

    /// Sends, once more where a connection that had served before was lost without a byte of an answer: the server
    /// may have closed it while nobody used it. What is lost on a new connection is an attempt of its own.
    async fn send(&self, method: Method, path: &str, body: Option<Bytes>) -> Result<Response, CallError> {
        let started = Instant::now();
        let sent = async {
            let result = self.send_once(method.clone(), path, body.clone()).await;
            (result, OPENED.with(Cell::get))
        };
        match OPENED.scope(Cell::new(false), sent).await {
            (Err(error), false) if error.kind == CallErrorKind::Cut && started.elapsed() < STALE_WITHIN => {
                Box::pin(self.send_once(method, path, body)).await
            }
            (result, _) => result,
        }
    }

    async fn send_once(
        &self,
        method: Method,
        path: &str,
        body: Option<Bytes>,
    ) -> Result<Response, CallError> {
        // At each call, because a connection that was allowed once may be kept for long.
        self.outbound.permits_call(&self.endpoint)?;
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        let mut request = Request::new(method, url);
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        match &self.key {
            Key::None => {}
            Key::Read { header, .. } => {
                request.headers_mut().insert(AUTHORIZATION, header.clone());
            }
            Key::Unreadable(why) => {
                return Err(CallError::new(
                    CallErrorKind::RefusedRequest { status: StatusCode::UNAUTHORIZED.as_u16() },
                    format!("The provider has no key: {why} Nothing was sent. Mend it and start again."),
                ));
            }
        }
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        self.outbound.contacted(&self.called);
        self.client.execute(request).await.map_err(|error| failure::of_connection(&error, &self.address))
    }
}

pub(crate) fn no_certificates() -> Result<rustls::ClientConfig, SettingsError> {
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|config| config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
        .map_err(|error| SettingsError(format!("TLS cannot be set up: {error}.")))
}

/// The JSON of an answer.
pub(crate) fn parsed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, CallError> {
    serde_json::from_slice(body).map_err(|_| failure::garbage("no JSON that it should send"))
}

/// The whole body of an answer that is not streamed.
pub(crate) async fn whole_body(mut response: Response, limit: usize) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure::of_body(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(failure::too_large("an answer", limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
