//! Everybody who works on the server at the same time, and what they know of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use testkit::Actor;
use tokio::sync::RwLock;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::known_cards::KnownCards;
use crate::known_runs::KnownRuns;
use crate::runner::{self, Runner};
use crate::tally::Tally;
use crate::writer::Writer;

/// How many write cards.
const WRITERS: usize = 2;

/// What all of them share.
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) tally: Arc<Tally>,
    /// Whoever writes holds it open until it is known what came of that; closed, nothing is under way.
    pub(crate) gate: RwLock<()>,
    /// Nothing further is begun.
    pub(crate) stop: CancellationToken,
}

/// Those who work, and what each was told.
pub(crate) struct Workload {
    pub(crate) shared: Arc<Shared>,
    cards: Vec<Arc<Mutex<KnownCards>>>,
    runs: Vec<Arc<Mutex<KnownRuns>>>,
    tasks: JoinSet<()>,
}

/// What was known at one moment.
pub(crate) struct Known {
    pub(crate) cards: Vec<KnownCards>,
    pub(crate) runs: Vec<KnownRuns>,
}

impl Workload {
    /// Makes what runs need, and lets everybody begin. Each provider has somebody who runs cards on it.
    pub(crate) async fn begin(shared: Arc<Shared>, actor: &Actor, providers: &[&str], seed: u64) -> Self {
        let mut tasks = JoinSet::new();
        let (mut cards, mut runs) = (Vec::new(), Vec::new());
        for name in 0..WRITERS {
            let known = Arc::<Mutex<KnownCards>>::default();
            tasks.spawn(Writer::new(name, seed, Arc::clone(&known), Arc::clone(&shared)).run());
            cards.push(known);
        }
        for (number, provider) in providers.iter().enumerate() {
            runner::prepare(actor, provider).await;
            let known = Arc::<Mutex<KnownRuns>>::default();
            let runner = Runner::new(provider, seed + number as u64, Arc::clone(&known), Arc::clone(&shared));
            tasks.spawn(runner.run());
            runs.push(known);
        }
        Self { shared, cards, runs, tasks }
    }

    /// What is known now.
    pub(crate) fn known(&self) -> Known {
        let copy = |cards: &Arc<Mutex<KnownCards>>| lock(cards).clone();
        Known { cards: self.cards.iter().map(copy).collect(), runs: self.runs() }
    }

    /// What was written until now is no longer new.
    pub(crate) fn forget_touched(&self) {
        self.cards.iter().for_each(|cards| lock(cards).touched.clear());
    }

    /// What is known of the runs now.
    pub(crate) fn runs(&self) -> Vec<KnownRuns> {
        self.runs.iter().map(|runs| lock(runs).clone()).collect()
    }

    /// Adds results that were seen by reading.
    pub(crate) fn seen(&self, number: usize, run: &str, cells: &[serde_json::Value]) {
        let mut runs = lock(&self.runs[number]);
        if let Some(known) = runs.current.as_mut().filter(|known| known.id == run) {
            known.read(cells, &self.shared.tally);
        }
    }

    /// Lets everybody bring to an end what they have begun.
    pub(crate) async fn end(&mut self) {
        self.shared.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }

    /// Whether somebody has ended who was not stopped.
    pub(crate) fn has_lost_somebody(&mut self) -> bool {
        self.tasks.try_join_next().is_some()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
