//! The `promptcards` program.

use std::process::ExitCode;

use clap::Parser;
use promptcards::commands::{Cli, run};

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => run(cli),
        // 1 as for other errors of use: a pipeline that knows 100 and 1 needs no third.
        Err(error) => {
            let code = if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
            // What cannot be written cannot be said either.
            let _ = error.print();
            code
        }
    }
}
