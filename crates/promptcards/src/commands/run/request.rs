//! From flags to what is to be run.

use anyhow::bail;
use domain::card::ModelParameters;
use domain::run::{CaseFilter, ModelChoice, RunRequest, VersionChoice};
use engine::models::{ModelList, Provider};

use super::RunArgs;
use crate::remote::{Page, Server};

/// Most models that are named where one is missing.
const NAMED: usize = 20;

pub(super) async fn of(args: &RunArgs, server: &Server) -> anyhow::Result<RunRequest> {
    if args.models.is_empty() {
        bail!("which model? Name one with --model PROVIDER/MODEL. {}", known(server).await?);
    }
    let models = args.models.iter().map(|name| model(name)).collect::<anyhow::Result<_>>()?;
    Ok(RunRequest {
        card_versions: vec![VersionChoice {
            slug: args.card.clone(),
            version: args.version,
            label: args.label.clone(),
        }],
        models,
        case_filter: CaseFilter { tags: args.tags.clone(), ..CaseFilter::default() },
        repeats: args.repeat,
        parameters: ModelParameters::default(),
        cache: !args.no_cache,
        note: args.note.clone(),
    })
}

/// The model of a name such as `ollama/hf.co/some/model:tag`: only the first slash is ours.
fn model(name: &str) -> anyhow::Result<ModelChoice> {
    match name.split_once('/') {
        Some((provider, model)) if !provider.is_empty() && !model.is_empty() => Ok(ModelChoice {
            provider: provider.to_owned(),
            model: model.to_owned(),
            parameters: ModelParameters::default(),
        }),
        _ => bail!("`{name}` names no model: write its provider before it, as in ollama/llama3.2"),
    }
}

/// What could have been chosen, in a sentence.
async fn known(server: &Server) -> anyhow::Result<String> {
    let providers: Page<Provider> = server.get("/providers").await?;
    let mut names = Vec::new();
    for provider in providers.items {
        let models: ModelList = server.get(&format!("/providers/{}/models", provider.id)).await?;
        names.extend(models.items.into_iter().map(|model| format!("{}/{}", provider.name, model.name)));
    }
    Ok(match names.len() {
        0 => "The server has none yet: see `promptcards doctor`".to_owned(),
        count if count > NAMED => {
            format!("The server has {}, and {} more", names[..NAMED].join(", "), count - NAMED)
        }
        _ => format!("The server has {}", names.join(", ")),
    })
}
