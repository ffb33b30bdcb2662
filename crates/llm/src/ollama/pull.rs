//! `/api/pull`: a model comes onto the server, with word of how far it is.

use std::ops::ControlFlow;
use std::time::Duration;

use reqwest::Response;
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::answer::credible;
use crate::body::to_bytes;
use crate::error::{CallError, CallErrorKind};
use crate::facts::PullProgress;
use crate::failure;
use crate::lines::Lines;
use crate::watch::Watch;
use crate::wire::Wire;

/// How long the server may be silent. It checks the sum of a large layer without a word.
const SILENCE: Duration = Duration::from_mins(10);

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
    fn update(&mut self, digest: String, total: i64, completed: Option<i64>) {
        match self.0.iter_mut().find(|(known, ..)| *known == digest) {
            // A line without a number says nothing new about it.
            Some(layer) => *layer = (digest, total, completed.unwrap_or(layer.2)),
            None => self.0.push((digest, total, completed.unwrap_or(0))),
        }
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
    let response = watch.wait(wire.accepted(response, model)).await??;
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
        let chunk = watch.wait(response.chunk()).await?.map_err(|error| failure::of_body(&error))?;
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
            return Err(CallError::new(
                CallErrorKind::Cut,
                "The pull broke off: the model server ended it before saying that it was done. What came is \
                 kept there; pull again to go on.",
            ));
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
        layers.update(digest, credible(total), line.completed.map(credible));
    }
    let done = status == "success";
    progress(layers.progress(wire.shown(&status)));
    Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}

fn refused(words: &str) -> CallError {
    // So the registry's answer for a name that it does not have reads by way of Ollama.
    if words.contains("file does not exist") {
        return CallError::new(
            CallErrorKind::ModelMissing,
            format!("The registry has no such model ({words}). Check the name and the tag."),
        );
    }
    CallError::new(
        CallErrorKind::ServerError { status: None },
        failure::sentence("The model server could not pull the model", words),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_add_up_and_a_line_without_a_number_takes_nothing_away() {
        let mut layers = Layers::default();
        assert_eq!(layers.progress("pulling manifest".into()).total_bytes, None);
        layers.update("a".into(), 100, None);
        layers.update("a".into(), 100, Some(40));
        layers.update("b".into(), 10, Some(10));
        layers.update("a".into(), 100, None);
        let progress = layers.progress("pulling a".into());
        assert_eq!((progress.total_bytes, progress.completed_bytes), (Some(110), 50));
    }
}
