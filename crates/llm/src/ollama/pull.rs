//! `/api/pull`: a model comes onto the server, with word of how far it is.

use std::ops::ControlFlow;
use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::answer::credible;
use crate::body::to_bytes;
use crate::error::{CallError, CallErrorKind};
use crate::facts::PullProgress;
use crate::failure::{self, Refusal};
use crate::lines::Lines;
use crate::watch::Watch;
use crate::wire::Wire;

/// How long the server may be silent. It checks the sum of a large layer without a word.
const SILENCE: Duration = Duration::from_mins(10);
/// Most layers that a model may have. Those of today have less than ten.
const MOST_LAYERS: usize = 1_000;
/// The longest name of a layer: a SHA-256 written out has 71 characters.
const LONGEST_DIGEST: usize = 200;
/// What becomes of a pull that broke off.
const GO_ON: &str = "What came is kept there; pull again to go on.";

#[derive(Deserialize)]
struct Line {
    status: Option<String>,
    error: Option<String>,
    digest: Option<String>,
    total: Option<i64>,
    completed: Option<i64>,
}

/// The layers that the server has named, each `(digest, total, completed)`.
#[derive(Default)]
struct Layers(Vec<(String, i64, i64)>);

impl Layers {
    /// Takes in what a line says of a layer. The server decides how many there are, so their number is bounded.
    fn update(&mut self, digest: String, total: i64, completed: Option<i64>) -> Result<(), CallError> {
        let count = self.0.len();
        match self.0.iter_mut().find(|(known, ..)| *known == digest) {
            // A line without a number says nothing new about it.
            Some(layer) => *layer = (digest, total, completed.unwrap_or(layer.2)),
            None if count == MOST_LAYERS => {
                return Err(failure::garbage(&format!("a model of more than {MOST_LAYERS} layers")));
            }
            None if digest.len() > LONGEST_DIGEST => {
                return Err(failure::garbage("a layer without a digest"));
            }
            None => self.0.push((digest, total, completed.unwrap_or(0))),
        }
        Ok(())
    }

    fn progress(&self, status: String) -> PullProgress {
        let sum = |of: fn(&(String, i64, i64)) -> i64| self.0.iter().map(of).fold(0_i64, i64::saturating_add);
        PullProgress {
            status,
            total_bytes: (!self.0.is_empty()).then(|| sum(|layer| layer.1)),
            completed_bytes: sum(|layer| layer.2.min(layer.1)),
        }
    }
}

/// Pulls `model` and tells `progress` of each word of the server. Dropping the future ends the pull on the
/// server, which keeps what it has for the next.
pub(super) async fn pull(
    wire: &Wire,
    model: &str,
    progress: &mut (dyn FnMut(PullProgress) + Send),
    cancel: &CancellationToken,
) -> Result<(), CallError> {
    let body = to_bytes(&json!({ "model": model, "stream": true }))?;
    let mut watch = Watch::start(SILENCE, SILENCE, cancel);
    let response = watch.wait(wire.post("/api/pull", body)).await??;
    if response.status() != StatusCode::OK {
        let refusal = watch.wait(wire.refusal(response)).await?;
        return Err(match refusal {
            Refusal { status: 400 | 500, words: Some(words), .. } => refused(&words),
            refusal => refusal.into_error("", wire.has_key()),
        });
    }
    follow(response, wire, progress, &mut watch).await
}

async fn follow(
    mut response: Response,
    wire: &Wire,
    progress: &mut (dyn FnMut(PullProgress) + Send),
    watch: &mut Watch<'_>,
) -> Result<(), CallError> {
    let (mut lines, mut layers) = (Lines::default(), Layers::default());
    loop {
        let chunk = watch.wait(response.chunk()).await?.map_err(|_| broken_off())?;
        let end = chunk.is_none();
        let mut each = |line: &[u8]| take(line, wire, &mut layers, progress);
        let flow = match &chunk {
            Some(chunk) => lines.feed(chunk, each)?,
            None => each(lines.last())?,
        };
        if flow.is_break() {
            return Ok(());
        }
        if end {
            return Err(broken_off());
        }
        watch.token();
    }
}

/// Takes a line in. Breaks when the pull is done.
fn take(
    line: &[u8],
    wire: &Wire,
    layers: &mut Layers,
    progress: &mut (dyn FnMut(PullProgress) + Send),
) -> Result<ControlFlow<()>, CallError> {
    if line.trim_ascii().is_empty() {
        return Ok(ControlFlow::Continue(()));
    }
    let line: Line = serde_json::from_slice(line).map_err(|_| failure::no_json(line))?;
    if let Some(error) = line.error {
        return Err(refused(&wire.shown(&error)));
    }
    let status = line.status.ok_or_else(|| failure::garbage("a line without a status"))?;
    if let (Some(digest), Some(total)) = (line.digest, line.total) {
        layers.update(digest, credible(total), line.completed.map(credible))?;
    }
    let done = status == "success";
    progress(layers.progress(wire.shown(&status)));
    Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}

fn broken_off() -> CallError {
    CallError::new(
        CallErrorKind::Cut,
        format!("The pull broke off: the model server ended it before saying that it was done. {GO_ON}"),
    )
}

/// Why the server did not pull, from its own words.
fn refused(words: &str) -> CallError {
    let says = |part: &str| words.to_lowercase().contains(part);
    // So the registry's answer for a name that it does not have reads by way of Ollama.
    if says("file does not exist") {
        return CallError::new(
            CallErrorKind::ModelMissing,
            format!("The registry has no such model ({words}). Check the name and the tag."),
        );
    }
    if says("invalid model name") {
        return CallError::new(
            CallErrorKind::RefusedRequest { status: 400 },
            "This is not the name of a model. Names are like llama3.2, qwen3:8b or hf.co/team/model:Q4_K_M.",
        );
    }
    let what = if says("no space left") || says("not enough space") || says("disk full") {
        "The disk of the model server is full"
    } else {
        "The model server could not pull the model"
    };
    let remedy = if what.ends_with("full") { format!(" Free room there. {GO_ON}") } else { String::new() };
    CallError::new(
        CallErrorKind::ServerError { status: None },
        format!("{}{remedy}", failure::sentence(what, words)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_add_up_and_a_line_without_a_number_takes_nothing_away() {
        let mut layers = Layers::default();
        assert_eq!(layers.progress("pulling manifest".into()).total_bytes, None);
        for (digest, total, completed) in
            [("a", 100, None), ("a", 100, Some(40)), ("b", 10, Some(10)), ("a", 100, None)]
        {
            layers.update(digest.into(), total, completed).expect("taken in");
        }
        let progress = layers.progress("pulling a".into());
        assert_eq!((progress.total_bytes, progress.completed_bytes), (Some(110), 50));
    }

    #[test]
    fn a_server_cannot_fill_the_memory_with_layers() {
        let mut layers = Layers::default();
        for layer in 0..MOST_LAYERS {
            layers.update(layer.to_string(), 1, Some(1)).expect("taken in");
        }
        assert_eq!(layers.update("0".into(), 1, None), Ok(()));
        let error = layers.update("one more".into(), 1, None).expect_err("refused");
        assert_eq!(error.kind, CallErrorKind::Garbage);
        let long = Layers::default().update("x".repeat(201), 1, None).expect_err("refused");
        assert_eq!(long.kind, CallErrorKind::Garbage);
    }
}
