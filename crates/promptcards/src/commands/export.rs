//! `promptcards export`: cards of a server as a file of ours, or as a config of promptfoo.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use formats::native::{self, Document};

use crate::remote::ServerArgs;
use crate::report::terminal::print;

/// The flags of `export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Cards, by slug; those that they include come with them. Without any: all, archived ones too
    #[arg(value_name = "CARD")]
    cards: Vec<String>,
    /// Where to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Write one version of one card, with its cases, as a config of promptfoo
    #[arg(long)]
    promptfoo: bool,
    /// The version that this label points to [default: the latest]
    #[arg(long, value_name = "LABEL", requires = "promptfoo", conflicts_with = "version")]
    label: Option<String>,
    /// The version of this number
    #[arg(long, value_name = "NUMBER", requires = "promptfoo")]
    version: Option<i64>,
    /// Whom promptfoo asks, such as ollama:chat:llama3.2; may be repeated [default: echo]
    #[arg(long = "provider", value_name = "NAME", requires = "promptfoo")]
    providers: Vec<String>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    if args.promptfoo && args.cards.len() != 1 {
        bail!(
            "a config of promptfoo is made of one card: name it, as in `promptcards export my-card --promptfoo`"
        );
    }
    let server = args.server.server()?;
    // A slug has nothing in it that an address would take for its own; what has is no slug, and is told as such.
    let odd = |card: &&String| {
        card.is_empty() || card.contains(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '-'))
    };
    if let Some(odd) = args.cards.iter().find(odd) {
        bail!("`{odd}` is no name of a card: those have lower case, digits and hyphens");
    }
    let query =
        if args.cards.is_empty() { String::new() } else { format!("?cards={}", args.cards.join(",")) };
    let text = super::runtime()?.block_on(server.text(&format!("/export{query}")))?;
    let text = if args.promptfoo { config(args, &text)? } else { text };
    match args.output.as_deref() {
        None | Some("-") => print(&text)?,
        Some(path) => {
            std::fs::write(path, &text).with_context(|| format!("{path} cannot be written"))?;
            say_what_is_in_it(args, path, &text);
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "a command speaks to the person who typed it")]
fn say_what_is_in_it(args: &ExportArgs, path: &str, text: &str) {
    if args.promptfoo {
        return;
    }
    let Ok(Document { cards, .. }) = native::read(text) else { return };
    let more: Vec<&str> = cards
        .iter()
        .map(|card| card.slug.as_str())
        .filter(|slug| !args.cards.iter().any(|card| card == slug))
        .collect();
    if !args.cards.is_empty() && !more.is_empty() {
        eprintln!("{path} has {} too, which the others include", more.join(", "));
    }
}

/// The config of promptfoo. What does not map is said on standard error.
#[expect(clippy::print_stderr, reason = "a command speaks to the person who typed it")]
fn config(args: &ExportArgs, text: &str) -> anyhow::Result<String> {
    let document = native::read(text).map_err(|problems| {
        anyhow!(
            "the server's file cannot be read: {}",
            problems.first().map(ToString::to_string).unwrap_or_default()
        )
    })?;
    let slug = args.cards.first().map(String::as_str).unwrap_or_default();
    let card = document
        .cards
        .iter()
        .find(|card| card.slug == slug)
        .with_context(|| format!("there is no card `{slug}`"))?;
    let number = match (&args.label, args.version) {
        (Some(label), _) => {
            *card.labels.get(label).with_context(|| format!("the card `{slug}` has no label `{label}`"))?
        }
        (None, Some(number)) => number,
        (None, None) => card.versions.last().map_or(0, |version| version.version),
    };
    let version = card.versions.iter().find(|version| version.version == number);
    let version = version.with_context(|| match card.versions.len() {
        0 => format!("the card `{slug}` has no version yet. Save its draft first"),
        latest => format!("the card `{slug}` has no version {number}; its latest is {latest}"),
    })?;
    let suite = document.suites.iter().find(|suite| Some(&suite.key) == card.suite.as_ref());
    let echo = ["echo".to_owned()];
    let providers = if args.providers.is_empty() { &echo[..] } else { &args.providers };
    let exported = native::to_promptfoo(card, version, suite, providers).map_err(anyhow::Error::msg)?;
    if !exported.problems.is_empty() {
        eprintln!("not in the config as it is in the card:");
    }
    for problem in &exported.problems {
        eprintln!("  {problem}");
    }
    Ok(exported.config)
}
