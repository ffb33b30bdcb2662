//! `promptcards import`: files of cards, and configs of promptfoo, into a server.

use std::fs::File;
use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use engine::transfer::{Change, ImportCards, ImportFile, ImportedCard, ImportedCards};
use formats::native;

use super::promptfoo_card;
use crate::remote::{RemoteError, Server, ServerArgs};
use crate::report::terminal::print;

/// Most bytes of all files together, as the server takes them.
const LIMIT: u64 = 32 * 1024 * 1024;

/// The flags of `import`.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Files of cards, as `export` writes them, or configs of promptfoo; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Make cards that are there what the files say. Their versions stay, and those of the file that they do not have
    /// come behind them; labels that the file does not have stay too
    #[arg(long)]
    replace: bool,
    /// What the card of a config of promptfoo is called in addresses [default: after its description or its folder]
    #[arg(long, value_name = "SLUG")]
    slug: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let server = args.server.server()?;
    let files = read_all(args)?;
    let import = ImportCards { files, replace: args.replace };
    let imported = super::runtime()?.block_on(send(&server, &import))?;
    print(&report(&server, &imported))?;
    Ok(ExitCode::SUCCESS)
}

async fn send(server: &Server, import: &ImportCards) -> anyhow::Result<ImportedCards> {
    server.post("/import", import).await.map_err(|error| {
        let what = match &error {
            RemoteError::Broken { .. } => {
                "it is not known whether this was imported. Look at the cards; what is there already stays as it is when \
                 the same is imported with --replace"
            }
            RemoteError::Refused { status, code, .. }
                if import.replace && (status.is_server_error() || code == "wrong_state") =>
            {
                "cards may have been imported in part. The same import once more does the rest"
            }
            _ => "nothing was imported",
        };
        anyhow::Error::new(error).context(what)
    })
}

/// Reads every file before anything is sent, so that one that is missing leaves nothing half done.
fn read_all(args: &ImportArgs) -> anyhow::Result<Vec<ImportFile>> {
    if args.files.iter().filter(|file| *file == "-").count() > 1 {
        bail!("standard input can be read once: `-` stands there twice");
    }
    let mut left = LIMIT;
    let mut files = Vec::with_capacity(args.files.len());
    for name in &args.files {
        let text = read(name, left)?;
        left = left.saturating_sub(text.len() as u64);
        let is_ours = native::is_file_of_cards(&text);
        let text = if is_ours { text } else { promptfoo_card::of(name, text, args.slug.as_deref())? };
        let name = if name == "-" { "standard input" } else { name };
        files.push(ImportFile { name: name.to_owned(), text });
    }
    Ok(files)
}

fn read(name: &str, left: u64) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let done = if name == "-" {
        std::io::stdin().lock().take(left + 1).read_to_end(&mut bytes)
    } else {
        File::open(name).and_then(|file| file.take(left + 1).read_to_end(&mut bytes))
    };
    done.with_context(|| format!("{name} cannot be read; nothing was imported"))?;
    if bytes.len() as u64 > left {
        bail!(
            "{name} is too large: a server takes {} MiB at once. Nothing was imported. Export the cards into several \
             files, as in `promptcards export CARD...`, and import one after the other",
            LIMIT / 1024 / 1024
        );
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).with_context(|| format!("{name} is no text in UTF-8; nothing was imported"))
}

/// What became of the cards, each in a line.
fn report(server: &Server, imported: &ImportedCards) -> String {
    let count = |change| imported.cards.iter().filter(|card| card.change == change).count();
    let parts = [
        (count(Change::Created), "created"),
        (count(Change::Changed), "changed"),
        (count(Change::Unchanged), "as it was"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let lines = imported.cards.iter().map(|card| line(card) + "\n");
    lines.chain([format!("{}: {}\n", server.address(), parts.join(", "))]).collect()
}

/// What became of a card.
fn line(card: &ImportedCard) -> String {
    let mut parts = Vec::new();
    let versions: Vec<String> = card.versions.iter().map(|number| format!("v{number}")).collect();
    match versions.as_slice() {
        [] => {}
        [one] => parts.push(one.clone()),
        [first, .., last] => parts.push(format!("{first} to {last}")),
    }
    parts.extend(card.labels.iter().map(|label| format!("{} → v{}", label.name, label.version)));
    let cases = if card.case_count == 1 { "case" } else { "cases" };
    match card.cases {
        Change::Created if card.case_count > 0 => parts.push(format!("{} {cases}", card.case_count)),
        Change::Changed => parts.push(format!("{} {cases} now", card.case_count)),
        Change::Created | Change::Unchanged => {}
    }
    if card.draft_kept {
        parts.push("its draft has changes that were never saved, and was left as it is".to_owned());
    }
    let change = match card.change {
        Change::Created => "created",
        Change::Changed => "changed",
        Change::Unchanged => "as it was",
    };
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("{} {change}{parts}", card.slug)
}
