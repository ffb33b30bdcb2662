//! The response cache: answers that the same model has given to the same prompt in an earlier run.
//!
//! The answers are stored cells. What a run may take over is looked up once, when its worker begins with it: from then
//! on a prompt is found in memory, and only a hit reads the store.

use std::collections::HashMap;

use domain::card::ModelParameters;
use domain::completion::Completion;
use domain::ids::{RunId, WorkspaceId};
use llm::Registry;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::Conn;
use store::cell_results::CellResult;
use store::run_inputs::RunModel;

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
    /// Looks for the answers of earlier runs to the questions of a column with so many rows.
    pub(super) fn read(conn: &mut Conn, scope: &str, run: RunId, rows: u32) -> store::Result<Self> {
        let enough = ANSWERS.max(4 * rows as usize);
        let mut found = HashMap::new();
        for column in store::answer_cache::columns(conn, scope, run, COLUMNS)? {
            if found.len() >= enough {
                break;
            }
            for (cell, hash) in store::answer_cache::answers(conn, column.cells)? {
                let repeat = column.cells.position(cell) % column.repeats.max(1);
                let mut prompt = PromptHash::default();
                if hex::decode_to_slice(&hash, &mut prompt).is_ok() {
                    // The latest answer stands: later runs come first.
                    found.entry((prompt, u32::try_from(repeat).unwrap_or(u32::MAX))).or_insert(cell);
                }
            }
        }
        Ok(Self(found))
    }

    pub(super) fn find(&self, prompt: PromptHash, repeat: u32) -> Option<i64> {
        self.0.get(&(prompt, repeat)).copied()
    }
}

/// The answer that an earlier cell has stored. None: it cannot be read any more.
pub(super) fn completion_of(result: CellResult) -> Option<Completion> {
    Some(Completion {
        content: result.output,
        thinking: result.thinking,
        tool_calls: Vec::new(),
        finish_reason: result.finish_reason,
        usage: serde_json::from_str(&result.usage).ok()?,
        cost: None,
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
    providers: &Registry,
    workspace: WorkspaceId,
    versions: &[PlannedVersion],
    models: &[RunModel],
) -> Result<Vec<Option<String>>> {
    let mut scopes = Vec::with_capacity(models.len() * versions.len());
    for model in models {
        let own: ModelParameters = serde_json::from_str(&model.parameters)?;
        let base_url = providers.get(&model.provider).and_then(|provider| provider.base_url());
        for version in versions {
            let scope = Scope {
                workspace,
                provider: &model.provider,
                kind: &model.kind,
                base_url,
                model: &model.name,
                digest: model.digest.as_deref(),
                parameters: version.content.parameters.overlaid(&own),
            };
            let hash = hex::encode(Sha256::digest(serde_json::to_vec(&scope)?));
            scopes.push(Some(hash).filter(|_| !model.simulated));
        }
    }
    Ok(scopes)
}
