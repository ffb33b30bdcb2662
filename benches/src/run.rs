//! The product: a run of as many cells, watched by one live reader.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use testkit::ServerProcess;
use tokio::time::Instant;

use crate::{Measured, prompt};

/// From the request that starts the run to the event that says that it has finished.
pub(crate) async fn measure(binary: &Path, url: &str, cells: usize, at_once: usize) -> Result<Measured> {
    let folder = tempfile::tempdir()?;
    let settings = format!(
        "[log]\nlevel = \"warn\"\n[[providers]]\nname = \"ollama\"\nkind = \"ollama\"\nbase_url = \"{url}\"\n\
         concurrency = {at_once}\n"
    );
    std::fs::write(folder.path().join("promptcards.toml"), settings)?;
    let server = ServerProcess::start(binary, folder.path(), &[]);
    let actor = &server.actor;
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "{{ prompt }}" }] }],
        "variables": [{ "name": "prompt", "type": "text", "required": true }],
    });
    let card = actor.card("bench", &content).await;
    let cases: Vec<Value> = (0..cells)
        .map(|number| {
            json!({
                "variables": { "prompt": prompt(number) },
                "assertions": [
                    { "type": "contains", "value": "e" },
                    { "type": "regex", "value": "[a-z]+" },
                    { "type": "length", "value": { "min": 1 } },
                ],
            })
        })
        .collect();
    actor.cases(&card, &cases).await;

    let begun = Instant::now();
    let run = actor.start("bench", &["ollama/llama3.2:latest"], 1).await;
    let mut events = actor.follow(&run, 0).await;
    let seen = events.count_until("cell_finished", "run_finished").await;
    let seconds = begun.elapsed().as_secs_f64();
    let counts = &actor.run(&run).await["counts"];
    anyhow::ensure!(seen == Some(cells), "the reader saw {seen:?} of {cells} cells: {counts}");
    anyhow::ensure!(counts["open"] == 0 && counts["error"] == 0, "not all cells were answered: {counts}");
    Ok(Measured { seconds })
}
