//! Following a run by its live events. A connection that is cut is taken up again after the last event that came.

use std::time::Duration;

use domain::run::{Counts, RunState};
use engine::runs::{Column, Run};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::remote::{Event, RemoteError, Server};
use crate::report::progress::Progress;
use crate::report::terminal::say;

/// How long to wait before the server is asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a server may be away: it may be started again, or moved.
const AWAY: Duration = Duration::from_mins(5);

/// What is read of the events; what else they hold is passed over.
#[derive(Deserialize)]
struct CellFinished {
    column: Column,
}

struct Followed<'a> {
    server: &'a Server,
    run: &'a Run,
    progress: Progress,
    /// What is known of each column.
    columns: Vec<Counts>,
    /// Number of the last event.
    last: i64,
}

/// How a stream of events ended.
enum End {
    /// The run is finished or cancelled.
    OfRun,
    /// The connection was cut.
    OfConnection,
}

/// Follows a run until it is finished or cancelled.
pub(super) async fn to_the_end(server: &Server, run: &Run, with_progress: bool) -> Result<(), RemoteError> {
    let cells = usize::try_from(run.cell_count).unwrap_or(usize::MAX);
    let progress = Progress::begin(cells, with_progress);
    let columns = vec![Counts::default(); run.columns.len()];
    let mut followed = Followed { server, run, progress, columns, last: 0 };
    let done = followed.follow().await;
    followed.progress.end();
    done
}

impl Followed<'_> {
    async fn follow(&mut self) -> Result<(), RemoteError> {
        let path = format!("/runs/{}/events", self.run.id);
        let mut heard = Instant::now();
        let mut told = false;
        loop {
            let before = self.last;
            let error = match self.listen(&path).await {
                Ok(End::OfRun) => return Ok(()),
                Ok(End::OfConnection) => None,
                Err(error) if error.is_passing() => Some(error),
                Err(error) => return Err(error),
            };
            if self.last > before || error.is_none() {
                heard = Instant::now();
            }
            match error {
                Some(error) if heard.elapsed() > AWAY => return Err(error),
                Some(_) if !told => {
                    self.progress.end();
                    say("The connection to the server is lost. The run does not need it; trying again.");
                    told = true;
                }
                Some(_) => {}
                None => told = false,
            }
            sleep(PAUSE).await;
        }
    }

    /// Reads events until the run ends or the connection does.
    async fn listen(&mut self, path: &str) -> Result<End, RemoteError> {
        let mut events = self.server.events(path, self.last).await?;
        while let Some(event) = events.next().await {
            if self.take(&event).await? {
                return Ok(End::OfRun);
            }
        }
        Ok(End::OfConnection)
    }

    /// Takes an event. True: it is the last.
    async fn take(&mut self, event: &Event) -> Result<bool, RemoteError> {
        if let Some(number) = event.number {
            self.last = number;
        }
        match event.name.as_str() {
            "cell_finished" => {
                if let Ok(CellFinished { column }) = serde_json::from_str(&event.data) {
                    self.put(&column);
                    self.show();
                }
            }
            "run_paused" => {
                self.progress.end();
                say("The run is paused; it goes on when somebody resumes it.");
            }
            "run_finished" | "run_cancelled" => return Ok(true),
            "resync" => {
                let run: Run = self.server.get(&format!("/runs/{}", self.run.id)).await?;
                for column in &run.columns {
                    self.put(column);
                }
                self.last = self.last.max(run.event_number);
                self.show();
                return Ok(matches!(run.state, RunState::Finished | RunState::Cancelled));
            }
            _ => {}
        }
        Ok(false)
    }

    fn put(&mut self, column: &Column) {
        let at = usize::try_from(column.position).ok();
        if let Some(known) = at.and_then(|at| self.columns.get_mut(at)) {
            *known = column.counts;
        }
    }

    fn show(&mut self) {
        let sum = |count: fn(&Counts) -> i64| self.columns.iter().map(count).sum::<i64>().unsigned_abs();
        let passed = sum(|counts| counts.pass + counts.unjudged);
        let (failed, errors) = (sum(|counts| counts.fail), sum(|counts| counts.error + counts.invalid));
        self.progress.put(passed, failed, errors);
    }
}
