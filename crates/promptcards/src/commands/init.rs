//! `promptcards init`: an example that `promptcards eval` runs at once, and recipes for pipelines.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::report::terminal::print;

/// A file that is written: its place in the folder, and what it holds.
type Example = (&'static str, &'static str);

const CONFIG: Example = ("promptfooconfig.yaml", include_str!("init/promptfooconfig.yaml"));
const GITHUB: Example =
    (".github/workflows/prompts.yml", include_str!("../../../../docs/recipes/github-actions.yml"));
const GITLAB: Example = (".gitlab-ci.yml", include_str!("../../../../docs/recipes/gitlab-ci.yml"));

/// The flags of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder, made if it is not there
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
    /// Write a workflow for GitHub Actions too
    #[arg(long)]
    github: bool,
    /// Write a pipeline for GitLab too
    #[arg(long)]
    gitlab: bool,
}

pub(super) fn run(args: &InitArgs) -> anyhow::Result<ExitCode> {
    let mut examples = vec![CONFIG];
    examples.extend(args.github.then_some(GITHUB));
    examples.extend(args.gitlab.then_some(GITLAB));
    // All are looked at first, so that nothing is half done.
    let is_there = |(name, _): &&Example| fs::symlink_metadata(args.folder.join(name)).is_ok();
    let there: Vec<_> = examples.iter().filter(is_there).map(|(name, _)| *name).collect();
    if !there.is_empty() {
        let verb = if there.len() == 1 { "is" } else { "are" };
        bail!(
            "{} {verb} there already, in {}. Nothing was written; name another folder, as in `promptcards init example`",
            there.join(" and "),
            args.folder.display()
        );
    }
    for (name, content) in &examples {
        write(&args.folder.join(name), content)?;
    }
    let written = examples.iter().map(|(name, _)| format!("{name} is written\n"));
    let into = match args.folder.as_path() {
        here if here == Path::new(".") => String::new(),
        folder => format!("cd {} && ", folder.display()),
    };
    let text: String = written.chain([format!("Try it: {into}promptcards eval\n")]).collect();
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, content: &str) -> anyhow::Result<()> {
    let cannot = || format!("{} cannot be written", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(cannot)?;
    }
    // `create_new`: what came in between is not written over either.
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).with_context(cannot)?;
    file.write_all(content.as_bytes()).with_context(cannot)
}
