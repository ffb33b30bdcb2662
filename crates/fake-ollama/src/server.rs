//! Accepts connections and finds what answers them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::Recorded;
use crate::body::Body;
use crate::call;
use crate::control::{Change, Settings};
use crate::error::Error;
use crate::fault::{Claimed, Fault};
use crate::info;
use crate::model::Model;
use crate::request::Api;
use crate::response::{Closed, Reply};
use crate::state::{Counters, Shared};

/// Connections that may wait to be accepted: a burst of clients is no reason to refuse one.
const BACKLOG: u32 = 4096;

/// Rest after a failed accept, which mostly means that file descriptors have run out.
const ACCEPT_REST: Duration = Duration::from_millis(20);

/// How to start a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// What is served; any other name is Ollama's 404.
    pub models: Vec<Model>,
    /// Answers from this file only: lines `{"model", "prompt", "response"}`.
    pub recorded: Option<PathBuf>,
    /// Decides answers and errors.
    pub seed: u64,
    /// How many models fit into memory at once; a further one makes the one asked longest ago leave.
    pub loaded_models: usize,
    /// What can be changed later, too.
    pub settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            models: Model::defaults(),
            recorded: None,
            seed: 0,
            loaded_models: 1,
            settings: Settings::default(),
        }
    }
}

/// A running server. Dropped, it stops and breaks its connections.
#[derive(Debug)]
pub struct FakeOllama {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl FakeOllama {
    /// Starts on the Tokio runtime it is called in; it accepts connections when this returns.
    pub fn start(options: Options) -> Result<Self, Error> {
        let Options { listen, models, recorded, seed, loaded_models, settings } = options;
        let recorded = recorded.as_deref().map(Recorded::read).transpose()?;
        let shared = Arc::new(Shared::new(models, recorded, seed, loaded_models, settings));
        let bound = bind(listen).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = bound.map_err(|source| Error::Listen { address: listen, source })?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(serve(listener, Arc::clone(&shared), stop.clone()));
        tasks.close();
        Ok(Self { address, shared, stop, tasks })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:…`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has been counted.
    pub fn counters(&self) -> Counters {
        self.shared.read().1
    }

    /// Waits until the counters are as wanted, and returns them.
    pub async fn wait_until(&self, wanted: impl Fn(&Counters) -> bool) -> Counters {
        self.shared.wait_until(wanted).await
    }

    /// How it behaves now.
    pub fn settings(&self) -> Settings {
        self.shared.read().0
    }

    /// Changes how it behaves.
    pub fn change(&self, change: &Change) {
        self.shared.change(change);
    }

    /// Every call meets this fault, until [`FakeOllama::recover`].
    pub fn fail(&self, fault: Fault) {
        self.change(&Change { fault: Some(fault), ..Change::default() });
    }

    /// The next calls, so many, meet this fault.
    pub fn fail_next(&self, calls: u64, fault: Fault) {
        self.change(&Change { fault: Some(fault), fail_next: Some(calls), ..Change::default() });
    }

    /// Ends the fault; what hangs goes on.
    pub fn recover(&self) {
        self.change(&Change { recover: true, ..Change::default() });
    }

    /// Stops and waits until the port is free.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for FakeOllama {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that a server can come back to the port that it had.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_REST).await;
            continue;
        };
        // With Nagle's algorithm on, each token would wait for the acknowledgement of the one before.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { route(&shared, request).await }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // How a connection ends is the client's business, or the fault's.
        connections.spawn(async move { connection.await.ok() });
    }
    drop(listener);
    connections.shutdown().await;
}

async fn route(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
    let (parts, body) = request.into_parts();
    let get = parts.method == Method::GET || parts.method == Method::HEAD;
    let post = parts.method == Method::POST;
    match parts.uri.path() {
        "/api/chat" if post => call::answer(shared, Api::Chat, read(body).await?).await,
        "/api/generate" if post => call::answer(shared, Api::Generate, read(body).await?).await,
        "/" if get => Ok(Reply::text(StatusCode::OK, "Ollama is running").into_response(None)),
        "/control" if get => Ok(state(shared).into_response(None)),
        "/control" if post || parts.method == Method::PATCH => {
            Ok(control(shared, &read(body).await?).into_response(None))
        }
        path @ ("/api/tags" | "/api/ps" | "/api/version") if get => {
            let claimed = shared.claim();
            faulty(claimed, || match path {
                "/api/tags" => info::tags(shared),
                "/api/ps" => info::loaded(shared),
                _ => info::version(),
            })
            .await
        }
        "/api/show" if post => {
            let body = read(body).await?;
            faulty(shared.claim(), || info::show(shared, &body)).await
        }
        "/" | "/control" | "/api/chat" | "/api/generate" | "/api/tags" | "/api/ps" | "/api/version"
        | "/api/show" => {
            Ok(Reply::text(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed").into_response(None))
        }
        _ => Ok(Reply::text(StatusCode::NOT_FOUND, "404 page not found").into_response(None)),
    }
}

async fn read(body: Incoming) -> Result<Bytes, Closed> {
    body.collect().await.map(http_body_util::Collected::to_bytes).map_err(|_| Closed)
}

/// A reply that a fault may replace or bend.
async fn faulty(
    mut claimed: Option<Claimed>,
    reply: impl FnOnce() -> Reply,
) -> Result<Response<Body>, Closed> {
    if let Some(claimed) = &mut claimed
        && let Some(instead) = claimed.fault.replace(&mut claimed.hang).await
    {
        return instead.map(|reply| reply.into_response(None));
    }
    Ok(reply().bent_by(claimed).into_response(None))
}

fn state(shared: &Shared) -> Reply {
    let (settings, counters) = shared.read();
    Reply::json(&json!({ "settings": settings, "counters": counters }))
}

fn control(shared: &Shared, body: &[u8]) -> Reply {
    match serde_json::from_slice::<Change>(body) {
        Ok(change) => {
            shared.change(&change);
            state(shared)
        }
        Err(error) => Reply::error(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}
