//! `promptcards completions` and `promptcards man`, made from the same definitions as `--help`.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Cli;
use crate::report::terminal::print;

pub(super) fn completions(shell: Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "promptcards", &mut script);
    write(script)
}

/// The page of the program, or of one of its commands.
pub(super) fn man(command: Option<&str>) -> anyhow::Result<ExitCode> {
    let mut whole = Cli::command();
    whole.build();
    let wanted = match command {
        None => whole,
        Some(name) => {
            let names =
                || whole.get_subcommands().map(clap::Command::get_name).collect::<Vec<_>>().join(", ");
            let found = whole.find_subcommand(name);
            let found =
                found.with_context(|| format!("there is no command `{name}`; there are {}", names()))?;
            found.clone()
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(wanted).render(&mut page)?;
    write(page)
}

fn write(bytes: Vec<u8>) -> anyhow::Result<ExitCode> {
    print(&String::from_utf8(bytes)?)?;
    Ok(ExitCode::SUCCESS)
}
