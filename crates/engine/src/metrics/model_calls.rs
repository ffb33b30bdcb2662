//! Calls of models, by provider and model, as long as there are not too many of those.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use llm::{Call, CallErrorKind};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// How many models have figures of their own. Users name models, and each costs the scraper some 50 lines.
const MODELS: usize = 100;
/// The name that the others share.
const OTHER: &str = "other";
/// Upper bounds, in seconds: from a word by a small model to pages by a large one.
const SECONDS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    provider: String,
    model: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOutcome {
    provider: String,
    model: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTokens {
    provider: String,
    model: String,
    kind: &'static str,
}

#[derive(Debug, Clone, Copy)]
struct Seconds;

impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

type Durations = Family<OfModel, Histogram, Seconds>;

/// The calls of all models.
#[derive(Debug, Clone)]
pub(crate) struct ModelCalls {
    calls: Family<OfOutcome, Counter>,
    durations: Durations,
    first_tokens: Durations,
    loads: Durations,
    tokens: Family<OfTokens, Counter>,
    known: Arc<Mutex<HashMap<(String, String), ModelMetrics>>>,
}

/// The calls of one model, looked up once for a run.
#[derive(Debug, Clone)]
pub(crate) struct ModelMetrics {
    labels: OfModel,
    calls: Family<OfOutcome, Counter>,
    answered: Counter,
    duration: Histogram,
    first_token: Histogram,
    load: Histogram,
    input: Counter,
    output: Counter,
}

impl Default for ModelCalls {
    fn default() -> Self {
        let durations = || Durations::new_with_constructor(Seconds);
        Self {
            calls: Family::default(),
            durations: durations(),
            first_tokens: durations(),
            loads: durations(),
            tokens: Family::default(),
            known: Arc::default(),
        }
    }
}

impl ModelCalls {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "model_calls",
            "Calls of models, each attempt one, by how they ended",
            self.calls.clone(),
        );
        registry.register(
            "model_call_duration_seconds",
            "Time from a request sent to its end",
            self.durations.clone(),
        );
        registry.register(
            "model_first_token_duration_seconds",
            "Time from a request sent to the first token",
            self.first_tokens.clone(),
        );
        registry.register(
            "model_load_duration_seconds",
            "Time of loading the model, as its server says",
            self.loads.clone(),
        );
        registry.register("model_tokens", "Tokens of prompts and answers", self.tokens.clone());
    }

    /// Where the calls of a model are counted.
    pub(crate) fn of(&self, provider: &str, model: &str) -> ModelMetrics {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names = (provider.to_owned(), model.to_owned());
        if let Some(metrics) = known.get(&names) {
            return metrics.clone();
        }
        if known.len() >= MODELS {
            names = (OTHER.to_owned(), OTHER.to_owned());
        }
        known.entry(names.clone()).or_insert_with(|| self.make(names)).clone()
    }

    fn make(&self, (provider, model): (String, String)) -> ModelMetrics {
        let labels = OfModel { provider, model };
        let tokens = |kind| {
            let OfModel { provider, model } = labels.clone();
            self.tokens.get_or_create_owned(&OfTokens { provider, model, kind })
        };
        ModelMetrics {
            answered: self.calls.get_or_create_owned(&labels.clone().with("ok")),
            duration: self.durations.get_or_create_owned(&labels),
            first_token: self.first_tokens.get_or_create_owned(&labels),
            load: self.loads.get_or_create_owned(&labels),
            input: tokens("input"),
            output: tokens("output"),
            calls: self.calls.clone(),
            labels,
        }
    }
}

impl OfModel {
    fn with(self, outcome: &'static str) -> OfOutcome {
        OfOutcome { provider: self.provider, model: self.model, outcome }
    }
}

impl ModelMetrics {
    /// Counts a call with all its attempts.
    pub(crate) fn count(&self, call: &Call) {
        for attempt in &call.attempts {
            match attempt.error.as_ref().map(|error| error.kind) {
                None => self.answered.inc(),
                // Nobody's fault: a run was cancelled, or the server ends.
                Some(CallErrorKind::Cancelled) => continue,
                Some(kind) => self.calls.get_or_create(&self.labels.clone().with(kind.as_str())).inc(),
            };
            self.duration.observe(seconds(attempt.latency_ms));
        }
        let Ok(completion) = &call.result else { return };
        for (histogram, ms) in
            [(&self.first_token, completion.timings.first_token_ms), (&self.load, completion.timings.load_ms)]
        {
            if let Some(ms) = ms {
                histogram.observe(seconds(ms));
            }
        }
        for (counter, tokens) in [
            (&self.input, completion.usage.prompt_tokens),
            (&self.output, completion.usage.completion_tokens),
        ] {
            counter.inc_by(tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(0));
        }
    }
}

fn seconds(ms: i64) -> f64 {
    std::time::Duration::from_millis(u64::try_from(ms).unwrap_or(0)).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundred_and_first_model_is_another() {
        let calls = ModelCalls::default();
        for number in 0..MODELS {
            assert_eq!(calls.of("here", &format!("model-{number}")).labels.model, format!("model-{number}"));
        }
        assert_eq!(calls.of("here", "one-more").labels.model, OTHER);
        assert_eq!(calls.of("there", "and-one").labels.provider, OTHER);
        assert_eq!(calls.of("here", "model-7").labels.model, "model-7");
        assert_eq!(calls.known.lock().unwrap().len(), MODELS + 1);
    }
}
