//! A server of ours, called over HTTP: what `import`, `export` and `run` share.

mod address;
mod events;
mod key;
mod workspace;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use address::Address;
pub(crate) use events::{Event, Events};
pub(crate) use workspace::Workspace;

const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take. An import of 32 MiB takes a few seconds, and its way to the server longer.
const LIMIT: Duration = Duration::from_mins(5);

/// Which server, and as whom.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// The server
    #[arg(
        long,
        value_name = "URL",
        env = "PROMPTCARDS_SERVER",
        default_value = "http://127.0.0.1:3000",
        help_heading = "Server"
    )]
    server: Address,
    /// The workspace, by its name in addresses
    #[arg(
        long,
        value_name = "SLUG",
        env = "PROMPTCARDS_WORKSPACE",
        default_value = engine::DEFAULT_WORKSPACE,
        help_heading = "Server"
    )]
    workspace: Workspace,
    /// A file with the API key; without it the variable `PROMPTCARDS_API_KEY`, if it is set
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    api_key_file: Option<PathBuf>,
}

/// A server, and the key that is sent to it.
#[derive(Clone)]
pub(crate) struct Server {
    client: Client,
    address: Address,
    workspace: Workspace,
    key: Option<HeaderValue>,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    /// What is on it.
    pub(crate) items: Vec<T>,
    /// Where to read on, if there is more.
    pub(crate) next_cursor: Option<String>,
}

/// Something that is under way on a server.
pub(crate) struct Begun<T> {
    /// What it is.
    pub(crate) value: T,
    /// Whether it was under way before it was asked for: then it is somebody else's.
    pub(crate) was_running: bool,
}

/// Why a server did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// It did not answer.
    #[error(
        "{address} does not answer: {cause}. Start it with `promptcards serve`, or name another with --server or \
             PROMPTCARDS_SERVER."
    )]
    Unreachable { address: Address, cause: String },
    /// The answer broke off.
    #[error("the connection to {address} broke off: {cause}")]
    Broken { address: Address, cause: String },
    /// It refused, and says why.
    #[error("{}", sentences(.detail, .errors))]
    Refused { status: StatusCode, code: String, detail: String, errors: Vec<String> },
    /// What answers is something else.
    #[error(
        "what answers at {address} is no Promptcards server, or a proxy before it does not let this through: {said}"
    )]
    Foreign { address: Address, said: String },
}

/// A detail and what stands below it; of one error the detail says all.
fn sentences(detail: &str, errors: &[String]) -> String {
    match errors {
        [] | [_] => detail.to_owned(),
        several => several.join("\n  "),
    }
}

impl RemoteError {
    /// Whether the same may be tried again: nobody has refused it.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => true,
            Self::Refused { status, .. } => {
                *status == StatusCode::SERVICE_UNAVAILABLE || *status == StatusCode::TOO_MANY_REQUESTS
            }
            // A proxy says so while the server behind it starts again.
            Self::Foreign { said, .. } => said.starts_with("502") || said.starts_with("504"),
        }
    }
}

impl ServerArgs {
    /// The server that is named, with the key that is given. Nothing is sent yet.
    pub(crate) fn server(&self) -> anyhow::Result<Server> {
        crate::install_cryptography();
        let key = key::read(self.api_key_file.as_deref())?;
        let mut builder =
            Client::builder().redirect(Policy::none()).connect_timeout(CONNECT).tcp_nodelay(true);
        if self.server.is_loopback() {
            // A proxy that the environment names is for elsewhere.
            builder = builder.no_proxy();
        }
        if !self.server.is_https() {
            // Else the certificates of the system are read, and none can be built where there are none.
            builder = builder.tls_backend_preconfigured(no_certificates()?);
        }
        let (address, workspace) = (self.server.clone(), self.workspace.clone());
        Ok(Server { client: builder.build()?, address, workspace, key })
    }
}

/// TLS that trusts nobody, for addresses that need none.
pub(crate) fn no_certificates() -> anyhow::Result<rustls::ClientConfig> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

impl Server {
    /// Where it is.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// The address of a page of the workspace.
    pub(crate) fn page(&self, path: &str) -> String {
        self.address.join(&format!("{}{path}", self.workspace.of_pages()))
    }

    /// Reads JSON.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RemoteError> {
        let response = self.send(self.request(Method::GET, path).timeout(LIMIT)).await?;
        self.json(response).await
    }

    /// Reads a text.
    pub(crate) async fn text(&self, path: &str) -> Result<String, RemoteError> {
        let response = self.send(self.request(Method::GET, path).timeout(LIMIT)).await?;
        response.text().await.map_err(|error| self.broken(&error))
    }

    /// Sends JSON and reads JSON.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RemoteError> {
        let response = self.send(self.request(Method::POST, path).json(body).timeout(LIMIT)).await?;
        self.json(response).await
    }

    /// Has something begun, or joins it where the same is under way.
    pub(crate) async fn begin<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Begun<T>, RemoteError> {
        let response = self.send(self.request(Method::POST, path).json(body).timeout(LIMIT)).await?;
        let was_running = response.status() != StatusCode::ACCEPTED;
        Ok(Begun { value: self.json(response).await?, was_running })
    }

    /// A stream of events after a number.
    pub(crate) async fn events(&self, path: &str, after: i64) -> Result<Events, RemoteError> {
        let response = self.send(self.request(Method::GET, path).header("Last-Event-ID", after)).await?;
        Ok(Events::of(response))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = format!("/api/v1/workspaces/{}{path}", self.workspace);
        let request = self.client.request(method, self.address.join(&path));
        match &self.key {
            Some(key) => request.header(AUTHORIZATION, key.clone()),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, RemoteError> {
        let response = request.send().await.map_err(|error| {
            let (address, cause) = (self.address.clone(), chain(&error));
            if error.is_connect() {
                RemoteError::Unreachable { address, cause }
            } else {
                RemoteError::Broken { address, cause }
            }
        })?;
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(response).await) }
    }

    async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, RemoteError> {
        let bytes = response.bytes().await.map_err(|error| self.broken(&error))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| self.foreign(&format!("its answer is not understood: {error}")))
    }

    async fn refusal(&self, response: Response) -> RemoteError {
        let status = response.status();
        if status.is_redirection() {
            let to =
                response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or("elsewhere");
            return self.foreign(&format!("it sends on to {to}. Name that address"));
        }
        let problem: Value = response
            .bytes()
            .await
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (Some(code), Some(detail)) = (text(&problem["code"]), text(&problem["detail"])) else {
            return self.foreign(&status.to_string());
        };
        let errors = problem["errors"].as_array().into_iter().flatten();
        let errors = errors.filter_map(|error| text(&error["detail"])).collect();
        RemoteError::Refused { status, code, detail, errors }
    }

    pub(crate) fn broken(&self, error: &reqwest::Error) -> RemoteError {
        RemoteError::Broken { address: self.address.clone(), cause: chain(error) }
    }

    fn foreign(&self, said: &str) -> RemoteError {
        RemoteError::Foreign { address: self.address.clone(), said: said.to_owned() }
    }
}

/// An error of the client in its last words, which say most.
fn chain(error: &reqwest::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
