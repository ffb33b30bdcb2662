//! Why the server could not start.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why [`crate::FakeOllama::start`] or [`crate::run`] failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken, or not one of this machine.
    #[error("cannot listen on {address}: {source}; stop what listens there or choose another --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file of recorded answers cannot be read.
    #[error("cannot read the recorded answers in {}: {source}", path.display())]
    ReadRecorded {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line of the file of recorded answers is not one.
    #[error(
        "line {line} of {} is not a recorded answer ({reason}); \
         each line is a JSON object with \"model\", \"prompt\" and \"response\"",
        path.display()
    )]
    Recorded {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The address could not be announced on standard output.
    #[error("cannot write to standard output: {0}")]
    Announce(#[source] std::io::Error),
}
