//! The `promptcards` program.

use std::process::ExitCode;

use clap::Parser;
use promptcards::commands::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
