//! Models that a run needs and an Ollama of the server does not have: the server pulls them.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::run::RunRequest;
use engine::models::{Pull, PullState};
use engine::providers::Provider;
use engine::runs::Estimate;
use llm::{ProviderKind, PullProgress};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::pulling::{STOPPED, Said};
use crate::remote::{Begun, Page, RemoteError, Server};
use crate::report::terminal::say;

/// How long to wait before a connection that was cut is taken up again.
const PAUSE: Duration = Duration::from_secs(1);

/// Has the models pulled that a start of the run would name as missing. False: the person wants an end. Whatever else
/// stands in the way is for the start to tell, and nothing is pulled for a run that cannot be.
pub(super) async fn missing(
    server: &Server,
    request: &RunRequest,
    with_progress: bool,
) -> anyhow::Result<bool> {
    let estimate: Estimate = server.post("/runs/estimate", request).await?;
    if estimate.problems.iter().any(|problem| problem.code != "model_missing") {
        return Ok(true);
    }
    let mut interrupted = pin!(super::interrupt());
    for (index, choice) in request.models.iter().enumerate() {
        let pointer = format!("/models/{index}/model");
        if !estimate.problems.iter().any(|problem| problem.pointer == pointer) {
            continue;
        }
        let providers: Page<Provider> = server.get("/providers").await?;
        let provider = providers.items.iter().find(|provider| provider.name == choice.provider);
        let Some(provider) = provider.filter(|one| one.kind == ProviderKind::Ollama.as_str()) else {
            continue;
        };
        let path = format!("/providers/{}/models", provider.id);
        let begun: Begun<Pull> = server.begin(&path, &json!({ "name": choice.model })).await?;
        let path = format!("/providers/{}/pulls/{}", provider.id, begun.value.id);
        let mut said = Said::begin(with_progress);
        let ended = tokio::select! {
            ended = end_of(server, &path, &mut said) => Some(ended),
            () = &mut interrupted => None,
        };
        said.end();
        let Some(ended) = ended else {
            let model = &choice.model;
            if begun.was_running {
                say(&format!("\nNo run was started. The pull of {model} goes on: somebody else began it."));
            } else {
                cancel(server, &path, model).await;
            }
            return Ok(false);
        };
        check(&ended?)?;
    }
    Ok(true)
}

/// Follows a pull to its end. Each event holds the pull as it stands.
async fn end_of(server: &Server, path: &str, said: &mut Said) -> anyhow::Result<Pull> {
    loop {
        let mut events = server.events(&format!("{path}/events"), 0).await?;
        while let Some(event) = events.next().await {
            if event.data.is_empty() {
                continue;
            }
            let pull: Pull =
                serde_json::from_str(&event.data).context("an event of the pull is not understood")?;
            if pull.state != PullState::Running {
                return Ok(pull);
            }
            let Pull { status, total_bytes, completed_bytes, .. } = pull;
            said.say(&pull.model, &PullProgress { status, total_bytes, completed_bytes });
        }
        sleep(PAUSE).await;
    }
}

fn check(pull: &Pull) -> anyhow::Result<()> {
    match pull.state {
        PullState::Finished | PullState::Running => Ok(()),
        PullState::Cancelled => bail!("{} was not pulled: somebody else cancelled it.", pull.model),
        PullState::Failed => {
            let sentences: Vec<&str> = pull.problem.iter().chain(&pull.remedy).map(String::as_str).collect();
            bail!("{} was not pulled: {}", pull.model, sentences.join(" "))
        }
    }
}

/// Ends a pull on the server, and says so. Whoever asks again does not wait for it.
async fn cancel(server: &Server, path: &str, model: &str) {
    let path = format!("{path}/cancel");
    let cancelled = tokio::select! {
        cancelled = server.post::<Pull>(&path, &Value::Null) => cancelled,
        () = super::interrupt() => return,
    };
    say(&match cancelled {
        Ok(_) => format!("\nNo run was started: {model} was not pulled: {STOPPED}"),
        // It may have ended in that moment.
        Err(RemoteError::Refused { detail, .. }) => format!("\nNo run was started. {detail}"),
        Err(error) => format!("\nNo run was started. The pull of {model} could not be cancelled: {error}"),
    });
}
