//! What an operator's Prometheus reads: what was counted since the start, and how things are now.
//!
//! Names follow Prometheus' conventions. To add one that is counted, put it into [`EngineMetrics`]; one that is looked up
//! when somebody asks goes into [`Figures`]. Docs, rules and dashboards name them, and a test compares both.

mod figures;
mod model_calls;

use domain::verdict::Verdict;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub use figures::Figures;
pub(crate) use model_calls::{ModelCalls, ModelMetrics};

/// Upper bounds of what the store does, in seconds.
const STORE: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];
/// Upper bounds of waiting in the queue of cells, in seconds.
const QUEUE: [f64; 10] = [0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfVerdict {
    verdict: &'static str,
}

/// Counted since the start. A clone counts into the same.
#[derive(Debug, Clone)]
pub(crate) struct EngineMetrics {
    finished: Family<OfVerdict, Counter>,
    /// From the start of the run to the claim of the cell.
    pub(crate) queue: Histogram,
    /// One claim of cells.
    pub(crate) claim: Histogram,
    /// Storing results that finished together.
    pub(crate) store: Histogram,
    /// Cells that took the answer of an earlier run.
    pub(crate) answers_found: Counter,
    /// Cells that might have, and found none.
    pub(crate) answers_missed: Counter,
    pub(crate) model_calls: ModelCalls,
}

impl Default for EngineMetrics {
    fn default() -> Self {
        Self {
            finished: Family::default(),
            queue: Histogram::new(QUEUE),
            claim: Histogram::new(STORE),
            store: Histogram::new(STORE),
            answers_found: Counter::default(),
            answers_missed: Counter::default(),
            model_calls: ModelCalls::default(),
        }
    }
}

impl EngineMetrics {
    /// A cell has this verdict now; None: it has no assertion that could say.
    pub(crate) fn finished(&self, verdict: Option<Verdict>) {
        let verdict = verdict.map_or("none", Verdict::as_str);
        self.finished.get_or_create(&OfVerdict { verdict }).inc();
    }

    fn register(&self, registry: &mut Registry) {
        // A rate needs a zero before the first one.
        for verdict in ["none", "pass", "fail", "error", "invalid"] {
            drop(self.finished.get_or_create(&OfVerdict { verdict }));
        }
        registry.register(
            "cells_finished",
            "Cells whose result was stored, by verdict; none: nothing judges it",
            self.finished.clone(),
        );
        registry.register(
            "cell_queue_duration_seconds",
            "Time from the start of a run to the claim of a cell",
            self.queue.clone(),
        );
        registry.register("cell_claim_duration_seconds", "Time of one claim of cells", self.claim.clone());
        registry.register(
            "cell_store_duration_seconds",
            "Time of storing results that finished together",
            self.store.clone(),
        );
        self.model_calls.register(registry);
    }
}

impl crate::Engine {
    /// Has the registry show what the engine and its store count.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.metrics.register(registry);
        self.store.metrics().register(registry);
    }
}
