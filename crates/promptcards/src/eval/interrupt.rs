//! Ctrl-C and SIGTERM: the first ends the calls, the second the process.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::report::terminal::say;

/// The exit codes that shells give to processes that were ended by these signals.
const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;

/// Whether the person, or whoever runs the pipeline, wants an end.
#[derive(Clone)]
pub(super) struct Interrupt {
    token: CancellationToken,
    code: Arc<AtomicU8>,
}

impl Interrupt {
    /// Listens on a thread of its own: files are written on the main one, and even then a second signal ends all.
    pub(super) fn listen() -> io::Result<Self> {
        let interrupt = Self { token: CancellationToken::new(), code: Arc::new(AtomicU8::new(0)) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (mut by_key, mut by_system) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let told = interrupt.clone();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                loop {
                    let code = tokio::select! {
                        _ = by_key.recv() => INTERRUPTED,
                        _ = by_system.recv() => TERMINATED,
                    };
                    if told.token.is_cancelled() {
                        process::exit(i32::from(code));
                    }
                    told.code.store(code, Ordering::SeqCst);
                    told.token.cancel();
                    say("\nStopping: calls are ended, and the results until now are written. Once more ends at once.");
                }
            });
        })?;
        Ok(interrupt)
    }

    /// Cancelled by the first signal.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// The exit code, once there was a signal.
    pub(super) fn code(&self) -> Option<u8> {
        self.token.is_cancelled().then(|| self.code.load(Ordering::SeqCst))
    }
}
