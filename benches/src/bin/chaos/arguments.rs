//! What the command line says.

use clap::Parser;

use crate::plan::Kind;

/// Lets things go wrong around a real server, and compares what it acknowledged with what it has.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "chaos",
    after_help = "Examples:\n  chaos --minutes 10\n  chaos --kind kill,model --rounds 50 --seed 7\n\nThe same seed \
                  gives the same faults in the same order. The server's binary must lie beside this one.\n\nExit \
                  codes: 0 nothing was lost, 1 something was wrong."
)]
pub(crate) struct Arguments {
    /// Which faults, separated by commas; all of them without it
    #[arg(long = "kind", value_name = "KIND", value_enum, value_delimiter = ',')]
    pub(crate) kinds: Vec<Kind>,
    /// Ends after so many faults
    #[arg(
        long,
        value_name = "N",
        default_value_if("minutes", clap::builder::ArgPredicate::IsPresent, "1000000"),
        default_value_t = 25
    )]
    pub(crate) rounds: usize,
    /// Begins no fault after so many minutes
    #[arg(long, value_name = "N")]
    pub(crate) minutes: Option<u64>,
    /// Which faults in which order
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// A request must not be refused while Redis is away
    #[arg(long)]
    pub(crate) strict_redis: bool,
}
