//! A wire before a server: it can be cut, stalled and delayed, and knows what went over it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio_util::task::TaskTracker;

/// When a connection is cut of which a certain message is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the server gets the message.
    Before,
    /// When the server has answered it, and before the client gets the answer.
    BeforeItsAnswer,
}

/// A port before the one of a server.
pub struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Ends the thread when it is dropped.
    _open: oneshot::Sender<()>,
}

struct Shared {
    target: SocketAddr,
    flow: watch::Sender<Flow>,
    /// Its number grows with each cut.
    cuts: watch::Sender<u64>,
    refuses: AtomicBool,
    trap: Mutex<Option<Trap>>,
    sent: Mutex<Vec<u8>>,
}

#[derive(Debug, Clone, Copy)]
enum Flow {
    /// Each piece comes so much later.
    After(Duration),
    /// Nothing comes.
    Never,
}

/// The connection over which `mark` has gone is cut at the next `message`.
struct Trap {
    mark: String,
    message: String,
    cut: Cut,
}

impl Wire {
    /// A wire to the server at `target`.
    pub fn to(target: SocketAddr) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            target,
            flow: watch::Sender::new(Flow::After(Duration::ZERO)),
            cuts: watch::Sender::new(0),
            refuses: AtomicBool::new(false),
            trap: Mutex::new(None),
            sent: Mutex::default(),
        });
        let (open, closed) = oneshot::channel();
        let of_thread = Arc::clone(&shared);
        // On a thread of its own: a test may block its own.
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = accept(TcpListener::from_std(listener).unwrap(), of_thread) => {}
                    _ = closed => {}
                }
            });
        });
        Self { address, shared, _open: open }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection. New ones can be made.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Whether new connections are ended as soon as they are made.
    pub fn refuse(&self, refuses: bool) {
        self.shared.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Nothing comes through any more, and nobody is told.
    pub fn stall(&self) {
        self.shared.flow.send_replace(Flow::Never);
    }

    /// All comes through, each piece so much later.
    pub fn delay(&self, by: Duration) {
        self.shared.flow.send_replace(Flow::After(by));
    }

    /// Cuts the first connection over which `mark` has gone when `message` is sent there, once.
    pub fn cut_at(&self, mark: &str, message: &str, cut: Cut) {
        let trap = Trap { mark: mark.to_owned(), message: message.to_owned(), cut };
        *self.shared.trap.lock().unwrap() = Some(trap);
    }

    /// Whether the last [`cut_at`](Self::cut_at) has cut.
    pub fn has_cut(&self) -> bool {
        self.shared.trap.lock().unwrap().is_none()
    }

    /// All that clients have sent.
    pub fn sent(&self) -> Vec<u8> {
        self.shared.sent.lock().unwrap().clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let connections = TaskTracker::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        if shared.refuses.load(Ordering::SeqCst) {
            continue;
        }
        connections.spawn(carry(client, Arc::clone(&shared)));
    }
}

async fn carry(client: TcpStream, shared: Arc<Shared>) {
    let mut cuts = shared.cuts.subscribe();
    let Ok(server) = TcpStream::connect(shared.target).await else { return };
    // As databases do: a small message must not wait for an answer to the one before.
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let swallows = AtomicBool::new(false);
    // Whichever ends first takes the whole connection with it.
    tokio::select! {
        () = up(from_client, to_server, &shared, &swallows) => {}
        () = down(from_server, to_client, &shared, &swallows) => {}
        _ = cuts.changed() => {}
    }
}

/// What the client sends.
async fn up(mut client: OwnedReadHalf, mut server: OwnedWriteHalf, shared: &Shared, swallows: &AtomicBool) {
    let mut piece = vec![0; 64 * 1024];
    let mut marked = String::new();
    while let Ok(length @ 1..) = client.read(&mut piece).await {
        let piece = &piece[..length];
        shared.sent.lock().unwrap().extend_from_slice(piece);
        shared.flow().await;
        match shared.springs(piece, &mut marked) {
            Some(Cut::Before) => return,
            Some(Cut::BeforeItsAnswer) => swallows.store(true, Ordering::SeqCst),
            None => {}
        }
        if server.write_all(piece).await.is_err() {
            return;
        }
    }
}

/// What the server answers.
async fn down(mut server: OwnedReadHalf, mut client: OwnedWriteHalf, shared: &Shared, swallows: &AtomicBool) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = server.read(&mut piece).await {
        if swallows.load(Ordering::SeqCst) {
            return;
        }
        shared.flow().await;
        if client.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}

impl Shared {
    async fn flow(&self) {
        let mut flow = self.flow.subscribe();
        loop {
            let now = *flow.borrow_and_update();
            match now {
                Flow::After(Duration::ZERO) => return,
                Flow::After(by) => return tokio::time::sleep(by).await,
                Flow::Never => flow.changed().await.unwrap(),
            }
        }
    }

    /// `marked` is the last mark that went over this connection.
    fn springs(&self, piece: &[u8], marked: &mut String) -> Option<Cut> {
        let mut trap = self.trap.lock().unwrap();
        let set = trap.as_ref()?;
        let holds = |text: &str| piece.windows(text.len()).any(|window| window == text.as_bytes());
        if holds(&set.mark) {
            marked.clone_from(&set.mark);
        }
        if *marked != set.mark || !holds(&set.message) {
            return None;
        }
        let cut = set.cut;
        *trap = None;
        Some(cut)
    }
}
