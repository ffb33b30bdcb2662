//! Results of a run on a server, in the shape in which files of results are written.

use domain::assertion::metric_scores;
use domain::card::{CardContent, Message, Role};
use domain::clock::Timestamp;
use domain::completion::Completion;
use domain::verdict::{Judgement, Verdict};
use engine::cards::Version;
use engine::runs::{CellReport, Run};
use formats::results::{self, CellResult, Column};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::remote::{Page, Server};
use crate::report::Report;

/// How many cells one answer of the server brings.
const PAGE: usize = 100;

/// What all results share.
pub(super) async fn describe(server: &Server, run: &Run) -> anyhow::Result<results::Run> {
    let mut prompts = Vec::with_capacity(run.cards.len());
    for card in &run.cards {
        let version: Version = server.get(&format!("/cards/{}/versions/{}", card.slug, card.version)).await?;
        prompts.push((format!("{} v{}", card.slug, card.version), raw(&version.content)));
    }
    let column = |column: &engine::runs::Column| {
        let at = |position: i64| usize::try_from(position).unwrap_or(usize::MAX);
        let (label, raw) = prompts.get(at(column.version_position)).cloned().unwrap_or_default();
        let model = run.models.get(at(column.model_position));
        Column {
            provider: model.map(|model| format!("{}/{}", model.provider, model.model)).unwrap_or_default(),
            provider_label: None,
            prompt_id: hex::encode(Sha256::digest(&label)),
            prompt_label: label,
            prompt_raw: raw,
        }
    };
    let started_at = run.started_at.unwrap_or(run.created_at);
    let ended_at = run.finished_at.map_or(started_at.0, |Timestamp(at)| at);
    let card = run.cards.first();
    Ok(results::Run {
        id: run.id.to_string(),
        description: Some(match (card, run.note.as_str()) {
            (_, note) if !note.is_empty() => note.to_owned(),
            (Some(card), _) => card.title.clone(),
            (None, _) => String::new(),
        }),
        started_at: started_at.to_string(),
        duration_ms: ended_at - started_at.0,
        columns: run.columns.iter().map(column).collect(),
        config: json!({
            "run": run.number,
            "cards": run.cards,
            "models": run.models,
            "repeats": run.repeats,
            "simulated": run.simulated,
            "server": server.address().to_string(),
        }),
        generator: concat!("promptcards ", env!("CARGO_PKG_VERSION")).to_owned(),
    })
}

/// Reads the results of all cells that have finished.
pub(super) async fn read(server: &Server, run: &Run, report: &mut Report) -> anyhow::Result<()> {
    let first = format!("/runs/{}/results?limit={PAGE}", run.id);
    let mut path = first.clone();
    loop {
        let page: Page<CellReport> = server.get(&path).await?;
        for cell in page.items {
            if let Some(result) = result(cell) {
                report.add(&result)?;
            }
        }
        match page.next_cursor {
            Some(cursor) => path = format!("{first}&cursor={cursor}"),
            None => return Ok(()),
        }
    }
}

/// None: the cell has not finished.
fn result(cell: CellReport) -> Option<CellResult> {
    let CellReport { summary, case, result, outcomes, error } = cell;
    let result = result?;
    let at = |number: i64| usize::try_from(number).ok();
    let metric_scores = match summary.verdict {
        Some(Verdict::Pass | Verdict::Fail) => metric_scores(&outcomes),
        _ => Vec::new(),
    };
    let mut metadata = Map::new();
    if !case.tags.is_empty() {
        metadata.insert("tags".to_owned(), case.tags.into());
    }
    Some(CellResult {
        id: summary.position.to_string(),
        row: at(summary.row)?,
        column: at(summary.column)?,
        repeat: u32::try_from(summary.repeat).ok()?,
        description: Some(case.description).filter(|text| !text.is_empty()),
        variables: case.variables,
        assertions: case.assertions,
        threshold: case.threshold,
        metadata,
        prompt: text(&result.prompt),
        completion: error.is_none().then(|| Completion {
            content: result.output,
            thinking: result.thinking,
            finish_reason: result.finish_reason,
            usage: result.usage,
            timings: result.timings,
            notes: result.notes,
            ..Completion::default()
        }),
        error,
        judgement: Judgement {
            verdict: summary.verdict,
            score: summary.score,
            reason: summary.reason,
            outcomes,
            metric_scores,
        },
        latency_ms: summary.latency_ms,
        cached: summary.cached,
        cost_usd: None,
    })
}

fn raw(content: &CardContent) -> String {
    text(&content.messages)
}

/// The text of one message of the user, or several as promptfoo writes them.
fn text(messages: &[Message]) -> String {
    if let [Message { role: Role::User, .. }] = messages {
        return messages.iter().map(Message::joined_text).collect();
    }
    let messages: Value = messages
        .iter()
        .map(|message| json!({ "role": message.role, "content": message.joined_text() }))
        .collect();
    serde_json::to_string_pretty(&messages).unwrap_or_default()
}
