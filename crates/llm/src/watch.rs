//! Time limits and cancel, kept while a provider waits for its answer.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use crate::error::{CallError, CallErrorKind};

/// Watches over one attempt. A provider waits through [`Watch::wait`] and reports each token.
///
/// One timer serves the whole answer: it is armed for the earliest moment at which a limit can be
/// exceeded, and only when it fires does it look whether tokens have come since. Arming it anew for each
/// token would take the timer wheel's lock a hundred thousand times a second.
pub struct Watch<'a> {
    started: Instant,
    first_token: Option<Instant>,
    last_token: Instant,
    first_token_limit: Duration,
    idle_limit: Duration,
    timer: Pin<Box<Sleep>>,
    cancelled: Pin<Box<WaitForCancellationFuture<'a>>>,
}

impl<'a> Watch<'a> {
    /// Starts to watch: the request is about to be sent.
    pub fn start(first_token_limit: Duration, idle_limit: Duration, cancel: &'a CancellationToken) -> Self {
        let started = Instant::now();
        Self {
            started,
            first_token: None,
            last_token: started,
            first_token_limit,
            idle_limit,
            timer: Box::pin(sleep_until(started + first_token_limit.min(idle_limit))),
            cancelled: Box::pin(cancel.cancelled()),
        }
    }

    /// Waits for `future`, until a limit is exceeded or the call is cancelled.
    pub async fn wait<F: Future>(&mut self, future: F) -> Result<F::Output, CallError> {
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            if self.cancelled.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(CallError::cancelled()));
            }
            while self.timer.as_mut().poll(context).is_ready() {
                let deadline = self.deadline();
                if Instant::now() >= deadline {
                    return Poll::Ready(Err(self.exceeded()));
                }
                self.timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await
    }

    /// A token of thinking or content has come.
    pub fn token(&mut self) {
        self.last_token = Instant::now();
        if self.first_token.is_none() {
            self.first_token = Some(self.last_token);
            // A first token that took longer than the idle limit left the timer at its own, later limit.
            let deadline = self.deadline();
            if self.timer.deadline() > deadline {
                self.timer.as_mut().reset(deadline);
            }
        }
    }

    /// When the last token came, or the request was sent.
    pub(crate) fn last_token(&self) -> Instant {
        self.last_token
    }

    /// Milliseconds until the first token, if it has come.
    pub fn first_token_ms(&self) -> Option<i64> {
        self.first_token.map(|at| whole_ms(at.duration_since(self.started)))
    }

    /// Milliseconds since the request was sent.
    pub fn elapsed_ms(&self) -> i64 {
        whole_ms(self.started.elapsed())
    }

    fn deadline(&self) -> Instant {
        match self.first_token {
            None => self.started + self.first_token_limit,
            Some(_) => self.last_token + self.idle_limit,
        }
    }

    fn exceeded(&self) -> CallError {
        if self.first_token.is_none() {
            CallError::new(
                CallErrorKind::TimeoutFirstToken,
                format!(
                    "The model server sent no token within {}. It is overloaded, hangs, or needs longer to \
                     load the model than the provider's time limit allows.",
                    spoken(self.first_token_limit)
                ),
            )
        } else {
            CallError::new(
                CallErrorKind::TimeoutIdle,
                format!(
                    "The answer stood still for {} after it had begun. The model server hangs or is overloaded.",
                    spoken(self.idle_limit)
                ),
            )
        }
    }
}

/// A duration in whole milliseconds.
pub(crate) fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn spoken(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::{advance, sleep};

    use super::*;

    const FIRST: Duration = Duration::from_mins(2);
    const IDLE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn the_first_token_has_its_own_limit() {
        let cancel = CancellationToken::new();
        let mut watch = Watch::start(FIRST, IDLE, &cancel);
        watch.wait(sleep(Duration::from_secs(119))).await.expect("119 s are allowed");
        let error = watch.wait(pending::<()>()).await.expect_err("nothing ever comes");
        assert_eq!(error.kind, CallErrorKind::TimeoutFirstToken);
        assert!(error.detail.contains("120 s"), "{error}");
        assert_eq!(watch.elapsed_ms(), 120_000);
    }

    #[tokio::test(start_paused = true)]
    async fn each_token_gives_the_next_its_full_limit() {
        let cancel = CancellationToken::new();
        let mut watch = Watch::start(FIRST, IDLE, &cancel);
        for _ in 0..10 {
            watch.wait(sleep(Duration::from_secs(59))).await.expect("59 s are allowed");
            watch.token();
        }
        assert_eq!(watch.first_token_ms(), Some(59_000));
        let before = watch.elapsed_ms();
        let error = watch.wait(pending::<()>()).await.expect_err("nothing more comes");
        assert_eq!(error.kind, CallErrorKind::TimeoutIdle);
        assert_eq!(watch.elapsed_ms() - before, 60_000);
    }

    #[tokio::test(start_paused = true)]
    async fn an_early_first_token_shortens_what_is_left_of_its_limit() {
        let cancel = CancellationToken::new();
        let mut watch = Watch::start(FIRST, IDLE, &cancel);
        advance(Duration::from_secs(5)).await;
        watch.token();
        watch.wait(pending::<()>()).await.expect_err("nothing more comes");
        assert_eq!(watch.elapsed_ms(), 65_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_first_token_gives_the_next_no_more_than_the_idle_limit() {
        let cancel = CancellationToken::new();
        let mut watch = Watch::start(Duration::from_mins(10), IDLE, &cancel);
        watch.wait(sleep(Duration::from_secs(70))).await.expect("ten minutes are allowed");
        watch.token();
        let error = watch.wait(pending::<()>()).await.expect_err("nothing more comes");
        assert_eq!((error.kind, watch.elapsed_ms()), (CallErrorKind::TimeoutIdle, 130_000));
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancel_ends_the_wait_at_once() {
        let cancel = CancellationToken::new();
        let mut watch = Watch::start(FIRST, IDLE, &cancel);
        let (result, ()) = tokio::join!(watch.wait(pending::<()>()), async {
            sleep(Duration::from_secs(1)).await;
            cancel.cancel();
        });
        assert_eq!(result.expect_err("cancelled").kind, CallErrorKind::Cancelled);
        assert_eq!(watch.elapsed_ms(), 1_000);
    }
}
