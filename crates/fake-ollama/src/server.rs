//! Starts, accepts connections, and stops.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::Recorded;
use crate::control::{Change, Settings};
use crate::error::Error;
use crate::fault::{Fault, Refusal};
use crate::model::Model;
use crate::response::Closed;
use crate::routes::route;
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
    /// What is served at first; any other name is a 404.
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
        let (refuse, refusals) = unbounded_channel();
        let shared = Arc::new(Shared::new(models, recorded, seed, loaded_models, settings, refuse));
        let bound = bind(listen)
            .and_then(|socket| socket.listen(BACKLOG))
            .and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = bound.map_err(|source| Error::Listen { address: listen, source })?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let door = Door { address, listener, refusals };
        tasks.spawn(door.serve(Arc::clone(&shared), stop.clone()));
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

/// A socket that has the port but refuses connections until it listens.
fn bind(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // So that a server can come back to the port that it had.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Where connections come in.
struct Door {
    address: SocketAddr,
    listener: TcpListener,
    refusals: UnboundedReceiver<(Refusal, oneshot::Sender<()>)>,
}

impl Door {
    async fn serve(mut self, shared: Arc<Shared>, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                Some((refusal, closed)) = self.refusals.recv() => {
                    let refused = self.refuse(refusal, closed, &mut connections);
                    let Some(open_again) = stop.run_until_cancelled(refused).await else { return };
                    self = open_again;
                    continue;
                }
                accepted = self.listener.accept() => accepted,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                // With Nagle's algorithm on, each token would wait for the acknowledgement of the one before.
                Ok((stream, _)) if stream.set_nodelay(true).is_ok() => {
                    connections.spawn(attend(stream, Arc::clone(&shared)));
                }
                Ok(_) => {}
                Err(_) => tokio::time::sleep(ACCEPT_REST).await,
            }
        }
        drop(self.listener);
        connections.shutdown().await;
    }

    /// Closes all connections, refuses new ones, and listens again on the same port.
    async fn refuse(
        self,
        mut refusal: Refusal,
        closed: oneshot::Sender<()>,
        connections: &mut JoinSet<()>,
    ) -> Self {
        let Self { address, listener, mut refusals } = self;
        drop(listener);
        // Bound and not listening: the port is refused, and nobody else gets it.
        let mut kept = bind(address);
        // Whoever waits for this may be gone.
        closed.send(()).ok();
        connections.shutdown().await;
        // Others that met the fault at the same time are gone with their connections: it is one refusal.
        while refusals.try_recv().is_ok() {}
        tokio::select! {
            () = tokio::time::sleep(refusal.time) => {}
            _ = refusal.released.changed() => {}
        }
        loop {
            match kept.and_then(|socket| socket.listen(BACKLOG)) {
                Ok(listener) => return Self { address, listener, refusals },
                Err(_) => tokio::time::sleep(ACCEPT_REST).await,
            }
            kept = bind(address);
        }
    }
}

/// Serves one connection to its end.
async fn attend(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move {
            match route(&shared, request).await {
                // Its client learns of it when a new connection is refused already.
                Err(Closed::Refuse(refusal)) => {
                    shared.refuse(refusal).await;
                    Err(Closed::Reset)
                }
                answered => answered,
            }
        }
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // How a connection ends is the client's business, or the fault's.
    if let Err(error) = (&mut connection).await
        && is_reset(&error)
    {
        connection.into_parts().io.into_inner().set_zero_linger().ok();
    }
}

fn is_reset(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error);
    matches!(source.and_then(|source| source.downcast_ref()), Some(Closed::Reset))
}
