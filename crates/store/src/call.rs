//! A closure on its way to a thread of the store, and its answer on the way back.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::{Conn, Error};

/// A call whose types the queue need not know. It runs, perhaps again, and is answered once.
pub(crate) trait Job: Send {
    /// Runs the closure, keeps its result in place of an earlier one and says whether it is `Ok`.
    fn run(&mut self, conn: &mut Conn) -> bool;
    /// Replaces the result.
    fn fail(&mut self, error: Error);
    /// Sends the result to the caller, if it still waits.
    fn answer(self: Box<Self>);
    /// Whether the caller has gone.
    fn abandoned(&self) -> bool;
    /// Since when the caller waits.
    fn waits_since(&self) -> Instant;
}

pub(crate) struct Call<T, E, F> {
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    since: Instant,
}

impl<T, E, F> Call<T, E, F>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
{
    pub(crate) fn pair(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T, E>>) {
        let (reply, receiver) = oneshot::channel();
        (Box::new(Self { work, result: None, reply, since: Instant::now() }), receiver)
    }
}

impl<T, E, F> Job for Call<T, E, F>
where
    T: Send,
    E: From<Error> + Send,
    F: Fn(&mut Conn) -> Result<T, E> + Send,
{
    fn run(&mut self, conn: &mut Conn) -> bool {
        // What a panic leaves half done is in the database, and is rolled back.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(conn)))
            .unwrap_or_else(|panic| Err(Error::Panicked { message: message_of(&*panic) }.into()));
        self.result.insert(result).is_ok()
    }

    fn fail(&mut self, error: Error) {
        self.result = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // Nobody waits: the future was dropped. What was committed stays.
            let _ = self.reply.send(result);
        }
    }

    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn waits_since(&self) -> Instant {
        self.since
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
