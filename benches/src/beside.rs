//! Servers under the same load, one after the other in each round, so that a busy machine is busy for all.

use std::time::Duration;

use anyhow::Result;

use crate::figures::float;
use crate::http::{Load, Pace, Script, load};
use crate::process::Process;

/// How long each is under load in a round.
const SLICE: Duration = Duration::from_millis(1_500);
/// How long each is under load before the first round.
const WARM_UP: Duration = Duration::from_millis(400);
/// How many rounds.
pub(crate) const ROUNDS: usize = 5;

/// A server and what it is asked.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'static str,
    pub(crate) server: &'a Process,
    pub(crate) script: Script,
}

/// What the subjects took, one figure a round.
#[derive(Default)]
pub(crate) struct Taken {
    /// CPU time of the server for one request, in µs.
    pub(crate) cpu_us: Vec<f64>,
    pub(crate) a_second: Vec<f64>,
    pub(crate) p99_ms: Vec<f64>,
}

impl Taken {
    fn add(&mut self, cpu: Duration, load: &Load) {
        self.cpu_us.push(cpu.as_secs_f64() * 1_000_000.0 / float(load.took.len()));
        self.a_second.push(load.a_second());
        self.p99_ms.push(load.p99_ms());
    }
}

/// Figures of one subject divided by those of another, round by round.
pub(crate) fn ratios(over: &[f64], under: &[f64]) -> Vec<f64> {
    over.iter().zip(under).map(|(over, under)| over / under).collect()
}

/// Measures the subjects, each with so many connections.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) async fn measure<const N: usize>(
    subjects: &[Subject<'_>; N],
    connections: usize,
) -> Result<[Taken; N]> {
    let mut all = std::array::from_fn(|_| Taken::default());
    for subject in subjects {
        load(subject.server.address, connections, Pace::For(WARM_UP), &subject.script).await?;
    }
    for round in 1..=ROUNDS {
        for (subject, taken) in subjects.iter().zip(&mut all) {
            let before = subject.server.cpu()?;
            let load = load(subject.server.address, connections, Pace::For(SLICE), &subject.script).await?;
            taken.add(subject.server.cpu()?.saturating_sub(before), &load);
            let last = |figures: &[f64]| figures.last().copied().unwrap_or(f64::NAN);
            println!(
                "  round {round}  {:<24} {:>6.1} µs of CPU  {:>7.0}/s  p99 {:>6.2} ms",
                subject.name,
                last(&taken.cpu_us),
                last(&taken.a_second),
                last(&taken.p99_ms)
            );
        }
    }
    Ok(all)
}
