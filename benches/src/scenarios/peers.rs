//! The same cases through promptfoo, which `scripts/bench-peers` installs, and the same model server.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::figures::{Row, float, median, spread};
use crate::process::{Process, Product};
use crate::run_of_cells::{self, MODEL, prompt};

const CELLS: usize = 1_000;
const AT_ONCE: usize = 50;
const ROUNDS: usize = 3;

/// `program` is promptfoo's.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) async fn rows(program: &Path) -> Result<Vec<Row>> {
    let (mut ours, mut theirs, mut our_start, mut their_start) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let models = Process::model_server(0)?;
        let begun = Instant::now();
        let product = Product::with_models(&models, AT_ONCE)?;
        our_start.push(begun.elapsed().as_secs_f64());
        run_of_cells::prepare(&product.actor, CELLS).await;
        let (_, seconds) = run_of_cells::finish(&product.actor, CELLS).await?;
        ours.push(float(CELLS) / seconds);
        drop(product);

        let folder = tempfile::tempdir()?;
        let begun = Instant::now();
        promptfoo(program, folder.path(), &models, &["--version"])?;
        their_start.push(begun.elapsed().as_secs_f64());
        std::fs::write(folder.path().join("config.json"), config().to_string())?;
        let begun = Instant::now();
        let at_once = AT_ONCE.to_string();
        let arguments = [
            "eval",
            "-c",
            "config.json",
            "--no-cache",
            "--no-table",
            "--no-progress-bar",
            "-j",
            &at_once,
            "-o",
            "out.json",
        ];
        promptfoo(program, folder.path(), &models, &arguments)?;
        let seconds = begun.elapsed().as_secs_f64();
        let out: Value = serde_json::from_slice(&std::fs::read(folder.path().join("out.json"))?)?;
        let passed = &out["results"]["stats"]["successes"];
        anyhow::ensure!(
            *passed == CELLS,
            "promptfoo passed {passed} of {CELLS}: {}",
            out["results"]["stats"]
        );
        theirs.push(float(CELLS) / seconds);
        println!(
            "  round {round}  promptcards {:.0}/s, promptfoo {:.0}/s",
            ours[round - 1],
            theirs[round - 1]
        );
    }
    let ratio = crate::beside::ratios(&ours, &theirs);
    Ok(vec![
        Row::plain(
            "evaluations a second beside promptfoo",
            format!("{} ×; {:.0}/s beside {:.0}/s", spread(&ratio, 1), median(&ours), median(&theirs)),
        ),
        Row::plain(
            "start: server until it listens, beside `promptfoo --version`",
            format!("{} s beside {} s", spread(&our_start, 2), spread(&their_start, 2)),
        ),
    ])
}

/// The cases of `run_of_cells`, as promptfoo writes them.
fn config() -> Value {
    let tests: Vec<Value> =
        (0..CELLS).map(|number| json!({ "vars": { "prompt": prompt(number) } })).collect();
    json!({
        "prompts": ["{{ prompt }}"],
        "providers": [format!("ollama:chat:{MODEL}")],
        "defaultTest": { "assert": [
            { "type": "contains", "value": "e" },
            { "type": "regex", "value": "[a-z]+" },
            { "type": "javascript", "value": "output.length >= 1" },
        ] },
        "tests": tests,
    })
}

/// Runs promptfoo with nothing of the user's, and without a word to anybody but the model server.
fn promptfoo(program: &Path, folder: &Path, models: &Process, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("PROMPTFOO_CONFIG_DIR", folder.join("promptfoo"))
        .env("OLLAMA_BASE_URL", models.url())
        .env("PROMPTFOO_DISABLE_TELEMETRY", "1")
        .env("PROMPTFOO_DISABLE_UPDATE", "1")
        .env("PROMPTFOO_DISABLE_REMOTE_GENERATION", "1")
        .stdin(Stdio::null())
        .output()
        .context("promptfoo does not start")?;
    // It ends with 100 when a case fails, which the figures show better.
    anyhow::ensure!(
        output.status.success() || output.status.code() == Some(100),
        "promptfoo: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
