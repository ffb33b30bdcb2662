//! How a connection is made: when it is tried again, what is said on it first, and what it is refused for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;

use super::error::{Refused, of_connecting};
use super::session::{Claim, Connected, GRACE, Session};
use crate::{Error, Result, Sql};

/// How long a connection may take until it can be used, and no longer than a statement may.
const CONNECT: Duration = Duration::from_secs(5);
/// The pauses before it is tried again while the server may only be restarting.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(800)];

/// The key of the lock that each connection holds in its database.
const CLAIM: i64 = 5_783_123_467;
/// How long a connection waits for it: the server may not have noticed yet that another one has ended.
const PATIENCE: Duration = Duration::from_secs(2);
/// For what instances tell each other of runs.
const LISTEN: &str = "LISTEN promptcards_runs";

impl Session {
    /// Connects; `writes` says whether it must be able to, and `heard` is told of what other instances say.
    pub(super) fn connect(&mut self, writes: bool, heard: Option<&Arc<Notify>>) -> Result<()> {
        self.connected = None;
        self.crowded_out = false;
        let address = Arc::clone(&self.address);
        let mut pauses = PAUSES.iter().take(if address.link.is_up() { PAUSES.len() } else { 0 });
        address.link.may_connect(CONNECT + PATIENCE)?;
        let error = loop {
            match self.try_to_connect(writes, heard) {
                Ok(connected) => {
                    address.link.reached();
                    self.connected = Some(connected);
                    return Ok(());
                }
                Err(Refused::Restarting(error)) => match pauses.next() {
                    Some(pause) => self.runtime.block_on(async { tokio::time::sleep(*pause).await }),
                    None => break error,
                },
                Err(Refused::Unreached(error)) => break error,
                // Other connections may work.
                Err(refused @ (Refused::Crowded(_) | Refused::Here(_))) => {
                    address.link.reached();
                    self.crowded_out = matches!(refused, Refused::Crowded(_));
                    return Err(refused.into_error());
                }
            }
        };
        address.link.not_reached(&error);
        Err(error)
    }

    fn try_to_connect(&self, writes: bool, heard: Option<&Arc<Notify>>) -> Result<Connected, Refused> {
        let (address, limit) = (&self.address, self.limit.min(CONNECT));
        let connected =
            self.runtime.block_on(async { timeout(limit, address.connect(heard.cloned())).await });
        let too_late = |_| {
            let reason = format!("no connection within {} ms", limit.as_millis());
            Refused::Unreached(Error::Unavailable { reason })
        };
        let (client, connection) = connected.map_err(too_late)?.map_err(|error| of_connecting(&error))?;
        let task = self.runtime.spawn(connection).abort_handle();
        // A transaction that we are cut off from would keep its locks until the server hears of it.
        let mut greeting = format!(
            "SET lock_timeout = {}; SELECT {}({CLAIM}); SET lock_timeout = 0; SET statement_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}",
            PATIENCE.as_millis(),
            match self.claim {
                Claim::Shared => "pg_advisory_lock_shared",
                Claim::Alone => "pg_advisory_lock",
            },
            self.limit.as_millis(),
            (self.limit + GRACE).as_millis()
        );
        if let Some(text) = &self.greeting {
            greeting = format!("{greeting}; {text}");
        }
        greeting.push_str("; SHOW transaction_read_only");
        let connected = Connected::new(client, task);
        let greeted = self
            .runtime
            .block_on(async { timeout(limit + PATIENCE, connected.client.simple_query(&greeting)).await });
        let said = greeted.map_err(too_late)?.map_err(|error| match error.code() {
            Some(&SqlState::LOCK_NOT_AVAILABLE) => Refused::Unreached(self.taken()),
            _ => of_connecting(&error),
        })?;
        // A copy may be made of a server that follows another one.
        if writes && self.claim == Claim::Shared && is_read_only(&said) {
            let reason = "it can only be read now: it follows another server, or \
                          default_transaction_read_only is on"
                .to_owned();
            return Err(Refused::Here(Error::Unavailable { reason }));
        }
        Ok(connected)
    }

    /// Whether the server had no room for one more connection when that was tried last.
    pub(crate) fn is_crowded_out(&self) -> bool {
        self.crowded_out
    }

    /// Whether there is a connection, as far as is known.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected.is_some()
    }

    /// Waits so long, or until the store is closed, and lets the connection live meanwhile.
    pub(crate) fn wait(&self, time: Duration, closed: &mut watch::Receiver<()>) {
        // Either way there is nothing more to learn from it.
        let _ = self.runtime.block_on(async { timeout(time, closed.changed()).await });
    }

    /// Has `heard` told whenever another instance says that it changed a run. Where there is no connection for it, one
    /// is made.
    pub(super) fn hear(&mut self, heard: &Arc<Notify>) -> Result<()> {
        const STILL_THERE: Sql = Sql::new("SELECT 1");
        if self.connected.as_ref().is_some_and(|connected| !connected.client.is_closed()) {
            return self.run(STILL_THERE, async |client| client.batch_execute(STILL_THERE.text()).await);
        }
        self.greeting = Some(LISTEN.to_owned());
        self.connect(false, Some(heard))?;
        // What was said meanwhile was not heard.
        heard.notify_one();
        Ok(())
    }

    /// The error where somebody else is in the database who must not be.
    fn taken(&self) -> Error {
        match self.claim {
            Claim::Shared => Error::Unavailable { reason: "`promptcards copy` is at work on it".to_owned() },
            Claim::Alone => Error::Locked { path: PathBuf::from(&self.address.shown), process: None },
        }
    }
}

/// What the last statement of a greeting says.
fn is_read_only(said: &[SimpleQueryMessage]) -> bool {
    let last = said.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0) == Some("on")),
        _ => None,
    });
    last.unwrap_or(false)
}
