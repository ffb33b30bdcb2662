//! What is known of models and calls beside the answer itself.

use domain::clock::Millis;
use domain::completion::Completion;

use crate::error::CallError;

/// A model that a provider offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// Its name, with its tag: `llama3.2:latest`.
    pub name: String,
    /// What the name points to at present.
    pub digest: Option<String>,
    /// Its architecture: `llama`.
    pub family: Option<String>,
    /// How many parameters it has, as the server writes it: `3.2B`.
    pub parameter_size: Option<String>,
    /// How its weights are stored: `Q4_K_M`.
    pub quantization: Option<String>,
    /// The most tokens of context it was made for. What it is loaded with may be less.
    pub context_length: Option<i64>,
    /// Size on the server's disk.
    pub size_bytes: Option<i64>,
    /// Whether it is in the server's memory.
    pub loaded: bool,
    /// What it can do, in the server's words: `completion`, `thinking`, `embedding`, …
    pub capabilities: Vec<String>,
    /// Whether its answers are made up by this program.
    pub simulated: bool,
}

impl ModelFacts {
    /// Whether `name` names this model: `llama3.2` is `llama3.2:latest`.
    pub fn is_named(&self, name: &str) -> bool {
        same_model(&self.name, name)
    }
}

/// A model in the memory of a model server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedModel {
    /// Its name, with its tag.
    pub name: String,
    /// What the name points to.
    pub digest: Option<String>,
    /// Tokens of context it is loaded with.
    pub context_length: Option<i64>,
}

/// How far a pull is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullProgress {
    /// What the server does now, in its words.
    pub status: String,
    /// Bytes of all layers that the server has named. None: none yet.
    pub total_bytes: Option<i64>,
    /// Bytes of them that are there.
    pub completed_bytes: i64,
}

/// One try of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    /// When it began.
    pub started_at: Millis,
    /// How long it took, in milliseconds.
    pub latency_ms: i64,
    /// Why it brought no answer.
    pub error: Option<CallError>,
}

/// What was learnt of the model while it was called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFacts {
    /// The model's digest.
    pub digest: Option<String>,
    /// Tokens of context that the model is loaded with, or was asked to be. None: not known.
    pub loaded_context: Option<i64>,
    /// Whether the answer is made up by this program.
    pub simulated: bool,
}

/// A call with all its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The answer, or the error of the last attempt.
    pub result: Result<Completion, CallError>,
    /// Every attempt, the last one included. Empty: cancelled before the first.
    pub attempts: Vec<Attempt>,
    /// What was learnt of the model.
    pub facts: CallFacts,
}

/// Whether two names of an Ollama model are one: a name without a tag has the tag `latest`.
pub fn same_model(one: &str, other: &str) -> bool {
    let (one_base, one_tag) = split_tag(one);
    let (other_base, other_tag) = split_tag(other);
    one_base.eq_ignore_ascii_case(other_base) && one_tag.eq_ignore_ascii_case(other_tag)
}

fn split_tag(name: &str) -> (&str, &str) {
    match name.rsplit_once(':') {
        // A colon before a slash belongs to the port of a registry: `localhost:5000/team/model`.
        Some((base, tag)) if !tag.contains('/') => (base, tag),
        _ => (name, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::same_model;

    #[test]
    fn a_name_without_a_tag_is_the_latest() {
        assert!(same_model("llama3.2", "llama3.2:latest"));
        assert!(same_model("localhost:5000/team/model", "localhost:5000/team/model:latest"));
        assert!(same_model("hf.co/Team/Model:Q4_K_M", "hf.co/team/model:q4_k_m"));
        assert!(!same_model("llama3.2", "llama3.2:1b"));
        assert!(!same_model("llama3", "llama3.2"));
    }
}
