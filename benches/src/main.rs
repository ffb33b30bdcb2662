//! Load and comparison: what the product takes, beside the least that the same work could take.
//!
//! Every figure is a ratio of two things measured one after the other in the same round, because machines are
//! noisy. It needs the release binary beside it: `make bench` builds both.
#![expect(clippy::print_stdout, reason = "the figures are what was asked for")]

mod bare_loop;
mod model_server;
mod run;

use anyhow::{Context, Result};

/// How many cells a run has.
const CELLS: usize = 10_000;
/// How many calls are under way at once, in both.
const AT_ONCE: usize = 50;
/// How often each is measured.
const ROUNDS: usize = 3;
/// How often the bare loop a run may take at most.
const AT_MOST: f64 = 2.5;

#[tokio::main]
async fn main() -> Result<()> {
    promptcards::install_cryptography();
    let binary = std::env::current_exe()?.with_file_name("promptcards");
    anyhow::ensure!(binary.exists(), "{} is not there: run `make bench`", binary.display());
    println!("machine: {}", machine());
    println!(
        "{CELLS} cells, {AT_ONCE} calls at once, 3 assertions each, one live reader; beside a bare loop that \
         streams the same calls and inserts 200 rows a commit\n"
    );
    println!("round   bare loop         run          ratio");
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let server = model_server::ModelServer::start(&binary)?;
        let bare = bare_loop::measure(&server.url, CELLS, AT_ONCE).await?;
        let run = run::measure(&binary, &server.url, CELLS, AT_ONCE).await?;
        let ratio = run.seconds / bare.seconds;
        println!(
            "{round:>5}   {:>6.2} s {:>6.0}/s   {:>6.2} s {:>6.0}/s   {ratio:>5.2}",
            bare.seconds,
            bare.a_second(CELLS),
            run.seconds,
            run.a_second(CELLS),
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    let median = *ratios.get(ROUNDS / 2).context("there was no round")?;
    let verdict = if median <= AT_MOST { "holds" } else { "DOES NOT HOLD" };
    println!("\nmedian ratio {median:.2}, at most {AT_MOST}: {verdict}");
    Ok(())
}

/// How long something took.
struct Measured {
    seconds: f64,
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "a count of cells is far below 2^52")]
    fn a_second(&self, cells: usize) -> f64 {
        cells as f64 / self.seconds
    }
}

/// The prompt of a cell.
fn prompt(number: usize) -> String {
    format!("Tell me about the number {number} in a few words.")
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    format!("{cores} cores, {model}, promptcards {}", env!("CARGO_PKG_VERSION"))
}
