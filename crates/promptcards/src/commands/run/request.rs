//! From flags to what is to be run.

use anyhow::bail;
use domain::card::ModelParameters;
use domain::ids::SuiteId;
use domain::run::{CaseFilter, ModelChoice, RunRequest, VersionChoice};
use engine::models::ModelList;
use engine::providers::Provider;
use engine::suites::Suite;

use super::RunArgs;
use crate::remote::{Page, Server};

/// Most models or suites that are named where one is missing.
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
        suite_id: match &args.suite {
            Some(name) => Some(suite(name, server).await?),
            None => None,
        },
        models,
        case_filter: CaseFilter { tags: args.tags.clone(), ..CaseFilter::default() },
        repeats: args.repeat,
        parameters: ModelParameters::default(),
        cache: !args.no_cache,
        note: args.note.clone(),
    })
}

/// The suite of a name or an id.
async fn suite(name: &str, server: &Server) -> anyhow::Result<SuiteId> {
    let (mut found, mut others) = (Vec::new(), Vec::new());
    let mut path = "/suites?limit=200".to_owned();
    loop {
        let page: Page<Suite> = server.get(&path).await?;
        for suite in page.items {
            if suite.id.to_string() == name {
                return Ok(suite.id);
            }
            if suite.name == name { found.push(suite.id) } else { others.push(suite.name) }
        }
        let Some(cursor) = page.next_cursor else { break };
        path = format!("/suites?limit=200&cursor={cursor}");
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => bail!("the server has no suite `{name}`. It has {}", named(&others)),
        several => {
            let ids: Vec<String> = several.iter().map(SuiteId::to_string).collect();
            bail!("the server has {} suites `{name}`: name one by its id, {}", ids.len(), ids.join(" or "))
        }
    }
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
    Ok(match names.as_slice() {
        [] => "The server has none yet: see `promptcards doctor`".to_owned(),
        names => format!("The server has {}", named(names)),
    })
}

/// The first of several names, and how many more there are.
fn named(names: &[String]) -> String {
    match names.get(NAMED..).unwrap_or_default() {
        [] => names.join(", "),
        more => format!("{}, and {} more", names[..NAMED].join(", "), more.len()),
    }
}
