//! The response cache: answers that the same model has given to the same prompt in an earlier run.
//!
//! The answers are stored cells. What a run may take over is looked up once, when its worker begins with it: from then
//! on a prompt is found in memory, and only a hit reads the store.

use std::collections::HashMap;
use std::sync::Arc;

use domain::assertion::CompiledAssertions;
use domain::card::ModelParameters;
use domain::completion::Completion;
use domain::ids::{RunId, WorkspaceId};
use llm::{Call, CallFacts};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::cell_results::CellResult;
use store::run_inputs::RunModel;
use store::{Conn, Store};

use super::context::{ClaimedCase, RunContext};
use super::plan::PlannedVersion;
use crate::error::Result;

/// How many columns of earlier runs are looked at for one column.
const COLUMNS: i64 = 50;
/// How many earlier answers are known of at least, for one column; of a large column, four times as many as it has
/// cells.
const ANSWERS: usize = 5_000;

/// SHA-256 of the rendered messages.
pub(super) type PromptHash = [u8; 32];

/// Which earlier cell has the answer to a prompt and repeat, for one column of a run.
#[derive(Debug, Default)]
pub(crate) struct AnswerCache(HashMap<(PromptHash, u32), i64>);

impl AnswerCache {
    /// The answers of earlier runs to the questions of columns with these scopes and so many rows. Columns of one
    /// scope share theirs.
    pub(super) fn of_columns(
        conn: &mut Conn,
        scopes: &[Option<String>],
        run: RunId,
        rows: u32,
    ) -> store::Result<Vec<Arc<Self>>> {
        let mut known: HashMap<&str, Arc<Self>> = HashMap::new();
        let none = Arc::<Self>::default();
        scopes
            .iter()
            .map(|scope| {
                let Some(scope) = scope.as_deref() else { return Ok(Arc::clone(&none)) };
                if let Some(known) = known.get(scope) {
                    return Ok(Arc::clone(known));
                }
                let answers = Arc::new(Self::read(conn, scope, run, rows)?);
                known.insert(scope, Arc::clone(&answers));
                Ok(answers)
            })
            .collect()
    }

    fn read(conn: &mut Conn, scope: &str, run: RunId, rows: u32) -> store::Result<Self> {
        let enough = ANSWERS.max(4 * rows as usize);
        let mut found = HashMap::new();
        for column in store::answer_cache::columns(conn, scope, run, COLUMNS)? {
            if found.len() >= enough {
                break;
            }
            let answers = store::answer_cache::answers(conn, column.cells)?;
            // The latest answer stands: later runs come first, and in a run what the model said in it.
            let (taken, asked): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(.., taken)| *taken);
            for (cell, hash, _) in asked.into_iter().chain(taken) {
                let repeat = column.cells.position(cell) % column.repeats.max(1);
                let mut prompt = PromptHash::default();
                if hex::decode_to_slice(&hash, &mut prompt).is_ok() {
                    found.entry((prompt, u32::try_from(repeat).unwrap_or(u32::MAX))).or_insert(cell);
                }
            }
        }
        Ok(Self(found))
    }

    fn find(&self, prompt: PromptHash, repeat: u32) -> Option<i64> {
        self.0.get(&(prompt, repeat)).copied()
    }
}

/// The answer of an earlier run to this prompt as if it were a call, and the cell that has it. None: there is none,
/// or none that these assertions can be held against.
pub(super) async fn take(
    store: &Store,
    run: &RunContext,
    claimed: &ClaimedCase,
    prompt: PromptHash,
    assertions: &CompiledAssertions,
) -> Option<(Call, i64)> {
    let answers = run.answers.get(run.matrix.column(claimed.at) as usize)?;
    let cell = answers.find(prompt, claimed.at.repeat)?;
    // How long the model takes is asked of the model as it is now.
    if assertions.ask_for_the_time() {
        return None;
    }
    let result = match store.read(move |conn| store::answer_cache::answer(conn, cell)).await {
        Ok(result) => result?,
        Err(error) => {
            tracing::warn!(cell, %error, "an earlier answer could not be read; the model is asked");
            return None;
        }
    };
    let model = run.models.get(claimed.at.model as usize)?;
    // A run that went on under other settings, or while its model was pulled anew, has answers of both.
    let same_server = result.server.as_deref() == model.provider.as_ref()?.base_url();
    let same_model = model.digest.is_none() || result.digest == model.digest;
    let digest = result.digest.clone();
    let completion = completion_of(result).filter(|_| same_server && same_model)?;
    // The price of the model may have been configured since.
    if assertions.ask_for_the_cost() && completion.cost.is_none() {
        return None;
    }
    let facts = CallFacts { digest, ..CallFacts::default() };
    Some((Call { result: Ok(completion), attempts: Vec::new(), facts }, cell))
}

/// The answer that an earlier cell has stored. None: it cannot be read any more.
fn completion_of(result: CellResult) -> Option<Completion> {
    let tool_calls = result.tool_calls.as_deref().map_or_else(|| Ok(Vec::new()), serde_json::from_str);
    Some(Completion {
        content: result.output,
        thinking: result.thinking,
        tool_calls: tool_calls.ok()?,
        finish_reason: result.finish_reason,
        usage: serde_json::from_str(&result.usage).ok()?,
        cost: result.cost,
        timings: serde_json::from_str(&result.timings).ok()?,
        notes: serde_json::from_str(&result.notes).ok()?,
    })
}

/// What an answer depends on beside its prompt and its repeat.
#[derive(Serialize)]
struct Scope<'a> {
    workspace: WorkspaceId,
    provider: &'a str,
    kind: &'a str,
    /// A provider may be pointed at another server.
    base_url: Option<&'a str>,
    model: &'a str,
    digest: Option<&'a str>,
    parameters: ModelParameters,
}

/// Of each column of a run, the hash of its scope, as 64 hexadecimal digits. None where answers are simulated.
pub(super) fn scopes(
    base_url_of: impl Fn(&str) -> Option<String>,
    workspace: WorkspaceId,
    versions: &[PlannedVersion],
    models: &[RunModel],
) -> Result<Vec<Option<String>>> {
    let mut scopes = Vec::with_capacity(models.len() * versions.len());
    for model in models {
        let own: ModelParameters = serde_json::from_str(&model.parameters)?;
        let base_url = base_url_of(&model.provider);
        for version in versions {
            let scope = Scope {
                workspace,
                provider: &model.provider,
                kind: &model.kind,
                base_url: base_url.as_deref(),
                model: &model.name,
                digest: model.digest.as_deref(),
                parameters: as_asked(version.content.parameters.overlaid(&own)),
            };
            let hash = hex::encode(Sha256::digest(serde_json::to_vec(&scope)?));
            scopes.push(Some(hash).filter(|_| !model.simulated));
        }
    }
    Ok(scopes)
}

/// The parameters without what changes no answer: how long the model stays loaded, and how the options are written.
fn as_asked(mut parameters: ModelParameters) -> ModelParameters {
    parameters.keep_alive = None;
    parameters.options.sort_keys();
    parameters.options.values_mut().for_each(|value| {
        // 1 is 1.0, as far as doubles tell whole numbers apart.
        let is_whole = value.as_i64().is_some_and(|whole| whole.unsigned_abs() < 1 << 53);
        if let Some(number) = value.as_f64().filter(|_| is_whole) {
            *value = Value::from(number);
        }
    });
    parameters
}

#[cfg(test)]
mod tests {
    use domain::card::CardContent;
    use domain::template::{Includes, PromptTemplate};
    use store::run_inputs::RunVersion;
    use uuid::Uuid;

    use super::*;

    fn scope(workspace: u128, change: impl FnOnce(&mut RunModel)) -> Option<String> {
        let content = CardContent::text("Hello.");
        let version = PlannedVersion {
            row: RunVersion {
                card_id: Uuid::from_u128(1).to_string().parse().unwrap(),
                slug: String::new(),
                title: String::new(),
                number: 1,
                content: String::new(),
                includes: String::new(),
            },
            template: PromptTemplate::compile(&content, &Includes::default()).unwrap(),
            content,
        };
        let mut model = RunModel {
            provider: "ollama".to_owned(),
            kind: "ollama".to_owned(),
            name: "llama3.2:latest".to_owned(),
            digest: Some("sha256:1".to_owned()),
            context_length: None,
            simulated: false,
            parameters: "{}".to_owned(),
        };
        change(&mut model);
        let workspace = Uuid::from_u128(workspace).to_string().parse().unwrap();
        scopes(|_| None, workspace, &[version], &[model]).unwrap().remove(0)
    }

    #[test]
    fn workspaces_and_digests_share_nothing() {
        let one = scope(1, |_| {});
        assert!(one.is_some());
        assert_eq!(one, scope(1, |model| model.context_length = Some(4_096)));
        assert_ne!(one, scope(2, |_| {}));
        assert_ne!(one, scope(1, |model| model.digest = Some("sha256:2".to_owned())));
        assert_ne!(one, scope(1, |model| model.digest = None));
        assert_ne!(one, scope(1, |model| model.kind = "openai".to_owned()));
        assert_eq!(scope(1, |model| model.simulated = true), None);
    }
}
