//! `promptcards eval` and promptfoo on the same config, beside the same model server.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::figures::{Row, median, spread};
use crate::process::{Process, binary};
use crate::run_of_cells::{MODEL, prompt};

/// Cells, rounds, how many times faster than promptfoo it must be, and within how many MB.
const SIZES: [(usize, usize, f64, f64); 2] = [(1_000, 3, 40.0, 60.0), (15_000, 1, 20.0, 100.0)];
const AT_ONCE: &str = "50";
/// How often the memory of a process is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// What one evaluation took.
struct Taken {
    seconds: f64,
    peak_mb: f64,
}

/// `program` is promptfoo's.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) fn rows(program: &Path) -> Result<Vec<Row>> {
    let ours = binary()?;
    let mut rows = Vec::new();
    for (cells, rounds, least_ratio, most_mb) in SIZES {
        let (mut mine, mut theirs) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            let models = Process::model_server(0)?;
            mine.push(evaluated(&ours, cells, &models)?);
            theirs.push(evaluated(program, cells, &models)?);
            let (mine, theirs) = (&mine[round - 1], &theirs[round - 1]);
            println!(
                "  {cells} cells, round {round}  eval {:.2} s, {:.0} MB; promptfoo {:.2} s, {:.0} MB",
                mine.seconds, mine.peak_mb, theirs.seconds, theirs.peak_mb
            );
        }
        let seconds = |taken: &[Taken]| taken.iter().map(|it| it.seconds).collect::<Vec<_>>();
        let peaks = |taken: &[Taken]| taken.iter().map(|it| it.peak_mb).collect::<Vec<_>>();
        let ratio = crate::beside::ratios(&seconds(&theirs), &seconds(&mine));
        let (fast, small) = if cells == 1_000 {
            ("`eval` of 1,000 cells beside promptfoo", "its peak of memory")
        } else {
            ("`eval` of 15,000 cells beside promptfoo", "its peak of memory")
        };
        rows.push(Row::new(
            fast,
            format!(
                "{} ×; {} s beside {} s",
                spread(&ratio, 1),
                spread(&seconds(&mine), 2),
                spread(&seconds(&theirs), 1)
            ),
            format!("≥ {least_ratio} ×"),
            median(&ratio) >= least_ratio,
        ));
        rows.push(Row::new(
            small,
            format!("{} MB beside {} MB", spread(&peaks(&mine), 0), spread(&peaks(&theirs), 0)),
            format!("≤ {most_mb} MB"),
            median(&peaks(&mine)) <= most_mb,
        ));
    }
    Ok(rows)
}

/// Evaluates so many cells, from the start of the process to its end.
fn evaluated(program: &Path, cells: usize, models: &Process) -> Result<Taken> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("config.json"), config(cells).to_string())?;
    let log = tempfile::tempfile()?;
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(["eval", "-c", "config.json", "--no-cache", "--no-table", "--no-progress-bar"])
        .args(["-j", AT_ONCE, "-o", "out.json"])
        .current_dir(folder.path())
        .env("PROMPTFOO_CONFIG_DIR", folder.path().join("promptfoo"))
        .env("OLLAMA_BASE_URL", models.url())
        .env("PROMPTFOO_DISABLE_TELEMETRY", "1")
        .env("PROMPTFOO_DISABLE_UPDATE", "1")
        .env("PROMPTFOO_DISABLE_REMOTE_GENERATION", "1")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("{} does not start", program.display()))?;
    let mut peak_mb = 0.0;
    while child.try_wait()?.is_none() {
        // The process may end in between.
        peak_mb = crate::process::peak_memory_mb(child.id()).unwrap_or(0.0).max(peak_mb);
        std::thread::sleep(PAUSE);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let out: Value = serde_json::from_slice(&std::fs::read(folder.path().join("out.json"))?)?;
    let passed = &out["results"]["stats"]["successes"];
    anyhow::ensure!(*passed == cells, "{} passed {passed} of {cells}", program.display());
    Ok(Taken { seconds, peak_mb })
}

/// So many cells, each judged by what both have.
fn config(cells: usize) -> Value {
    let tests: Vec<Value> =
        (0..cells).map(|number| json!({ "vars": { "prompt": prompt(number) } })).collect();
    json!({
        "prompts": ["{{ prompt }}"],
        "providers": [format!("ollama:chat:{MODEL}")],
        "defaultTest": { "assert": [
            { "type": "contains", "value": "e" },
            { "type": "regex", "value": "[a-z]+" },
            { "type": "word-count", "value": { "min": 1 } },
        ] },
        "tests": tests,
    })
}
