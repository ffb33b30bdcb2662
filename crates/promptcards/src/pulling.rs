//! Pulling models from the command line, with progress on standard error.

use llm::{CallError, CallErrorKind, Guarded, ProviderKind, PullProgress};
use tokio_util::sync::CancellationToken;

use crate::report::terminal;

/// What is said of a pull that was stopped.
pub(crate) const STOPPED: &str =
    "it was stopped. What came is kept on the model server; the same command goes on from there.";

/// Pulls each of `wanted` that its Ollama does not have. Other kinds of providers have no pull: what they miss is for
/// the calls themselves to tell.
pub(crate) async fn pull_missing(
    wanted: &[(&Guarded, &str)],
    with_progress: bool,
    cancel: &CancellationToken,
) -> anyhow::Result<()> {
    for (provider, model) in wanted {
        if provider.kind() != ProviderKind::Ollama {
            continue;
        }
        let shown = tokio::select! {
            shown = provider.show(model) => shown,
            () = cancel.cancelled() => anyhow::bail!("{model} was not pulled: {STOPPED}"),
        };
        match shown {
            Ok(_) => {}
            Err(error) if error.kind == CallErrorKind::ModelMissing => {
                pull(provider, model, with_progress, cancel).await?;
            }
            Err(error) => anyhow::bail!("whether {model} is to be pulled is not known: {error}"),
        }
    }
    Ok(())
}

/// Pulls a model and tells how far it is. A cancel ends the pull on the model server too.
pub(crate) async fn pull(
    provider: &Guarded,
    model: &str,
    with_progress: bool,
    cancel: &CancellationToken,
) -> anyhow::Result<()> {
    let mut said = Said::begin(with_progress);
    let result = provider.pull(model, &mut |progress| said.say(model, &progress), cancel).await;
    said.end();
    result.map_err(|error| anyhow::anyhow!("{model} was not pulled: {}", why(provider, error)))
}

fn why(provider: &Guarded, error: CallError) -> String {
    match error.kind {
        CallErrorKind::Cancelled => STOPPED.to_owned(),
        CallErrorKind::Connect | CallErrorKind::TimeoutConnect => {
            format!("{} {}", error.detail, engine::models::remedy(provider, error.kind))
        }
        _ => error.detail,
    }
}

/// What was said of the progress: on a terminal one line that is written over, elsewhere a line for each new
/// status and each tenth of the bytes.
pub(crate) struct Said {
    wanted: bool,
    in_place: bool,
    last: Option<(String, Option<i64>)>,
}

impl Said {
    /// `wanted`: whether anything is said.
    pub(crate) fn begin(wanted: bool) -> Self {
        Self { wanted, in_place: terminal::has_live_line(), last: None }
    }

    /// How far the pull of a model is.
    pub(crate) fn say(&mut self, model: &str, progress: &PullProgress) {
        if !self.wanted {
            return;
        }
        let PullProgress { status, total_bytes, completed_bytes } = progress;
        let bytes = total_bytes
            .map_or_else(String::new, |total| format!(", {} of {}", size(*completed_bytes), size(total)));
        let line = format!("{model}: {status}{bytes}");
        if self.in_place {
            return terminal::write_over(&line);
        }
        let tenth =
            total_bytes.filter(|total| *total > 0).map(|total| completed_bytes.saturating_mul(10) / total);
        let now = Some((status.clone(), tenth));
        if self.last != now {
            terminal::say(&line);
            self.last = now;
        }
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        if self.wanted && self.in_place {
            terminal::wipe();
        }
    }
}

/// Bytes in powers of 1000, as model servers print them.
fn size(bytes: i64) -> String {
    const UNITS: [(i64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_written_as_model_servers_write_them() {
        for (bytes, text) in [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (2_019_393_189, "2.0 GB")] {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(size(4_661_224_676), "4.6 GB");
    }
}
