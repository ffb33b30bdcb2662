//! The flags of `promptcards eval`, by the names that they have in promptfoo.

use std::num::NonZeroU32;

use clap::Args;

/// What the command line says.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Clone, Args)]
pub(crate) struct EvalArgs {
    /// The config, or the folder that it lies in [default: promptfooconfig.yaml, .yml or .json in this folder]
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<String>,
    /// Files of prompts, or prompts themselves, in the place of the config's
    #[arg(short, long, value_name = "FILE", num_args = 1.., help_heading = "In the place of the config's")]
    pub(super) prompts: Vec<String>,
    /// Providers, such as ollama:chat:llama3.2; one that the config has keeps its options
    #[arg(short = 'r', long, value_name = "NAME", num_args = 1.., help_heading = "In the place of the config's")]
    pub(super) providers: Vec<String>,
    /// A file of tests: .csv, .yaml, .json or .jsonl
    #[arg(
        short,
        long,
        value_name = "FILE",
        visible_alias = "vars",
        visible_short_alias = 'v',
        help_heading = "In the place of the config's"
    )]
    pub(super) tests: Option<String>,
    /// A variable of every test that does not set it itself
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair, help_heading = "In the place of the config's")]
    pub(super) variables: Vec<(String, String)>,
    /// Text before each prompt
    #[arg(long, value_name = "TEXT", help_heading = "In the place of the config's")]
    pub(super) prompt_prefix: Option<String>,
    /// Text behind each prompt
    #[arg(long, value_name = "TEXT", help_heading = "In the place of the config's")]
    pub(super) prompt_suffix: Option<String>,
    /// What it is about, for the results
    #[arg(long, value_name = "TEXT", help_heading = "In the place of the config's")]
    pub(super) description: Option<String>,

    /// Calls at once [default: 4]
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) max_concurrency: Option<u32>,
    /// How often each test is asked [default: 1]
    #[arg(long, value_name = "N")]
    pub(super) repeat: Option<NonZeroU32>,
    /// Milliseconds to wait after each call; then there is one call at a time
    #[arg(long, value_name = "MS")]
    pub(super) delay: Option<u64>,
    /// Read variables from this file [default: .env in this folder]; the environment goes before it
    #[arg(long, value_name = "FILE", visible_alias = "env-path", num_args = 1.., value_delimiter = ',')]
    pub(super) env_file: Vec<String>,
    /// Neither take answers of earlier evaluations over nor keep those of this one
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Judge as promptfoo does: an answer that was cut off, or empty after thinking, is judged like any other
    #[arg(long)]
    pub(super) promptfoo_verdicts: bool,
    /// Pull models that an Ollama does not have, before the first call
    #[arg(long)]
    pub(super) pull: bool,
    /// Evaluate again whenever the config or one of its files changes
    #[arg(short, long)]
    pub(super) watch: bool,

    /// Only the first N tests
    #[arg(short = 'n', long, value_name = "N", help_heading = "Which tests")]
    pub(super) filter_first_n: Option<u32>,
    /// Only tests whose description matches
    #[arg(long, value_name = "REGEX", help_heading = "Which tests")]
    pub(super) filter_pattern: Option<String>,
    /// Only tests from one number up to another, counted from 0, the end left out
    #[arg(long, value_name = "START:END", value_parser = formats::promptfoo::range, help_heading = "Which tests")]
    pub(super) filter_range: Option<(usize, usize)>,
    /// Only tests that did not pass in these results of an earlier evaluation
    #[arg(long, value_name = "FILE.json", help_heading = "Which tests")]
    pub(super) filter_failing: Option<String>,
    /// Only providers whose id or label matches
    #[arg(long, value_name = "REGEX", visible_alias = "filter-targets", help_heading = "Which tests")]
    pub(super) filter_providers: Option<String>,
    /// Only prompts whose id or label matches
    #[arg(long, value_name = "REGEX", help_heading = "Which tests")]
    pub(super) filter_prompts: Option<String>,

    /// Write results to files: .json, .jsonl, .csv, .junit.xml or .html; may be repeated
    #[arg(short, long, value_name = "FILE", num_args = 1.., help_heading = "Results")]
    pub(super) output: Vec<String>,
    /// Show no table
    #[arg(long, help_heading = "Results")]
    pub(super) no_table: bool,
    /// Most characters of a cell of the table [default: 250]
    #[arg(long, value_name = "N", help_heading = "Results")]
    pub(super) table_cell_max_length: Option<u32>,
    /// Show no progress
    #[arg(long, help_heading = "Results")]
    pub(super) no_progress_bar: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it must be a name and a value, as in city=Rome".into()),
    }
}

/// What `--help` shows at its end.
pub(crate) const EXAMPLES: &str = "\
Examples:
  promptcards eval
  promptcards eval -c evals/promptfooconfig.yaml -o results.json -o results.junit.xml
  promptcards eval -p 'Translate {{text}} to French' -r ollama:chat:llama3.2 -t cases.csv
  promptcards eval --filter-failing results.json --no-cache
  promptcards eval --pull -r ollama:chat:qwen3:8b
  OLLAMA_BASE_URL=http://gpu-box:11434 promptcards eval -j 8 --repeat 3

No server and no settings are needed. The config is promptfoo's; what is not supported is named before a model is \
called. Answers are kept in $XDG_CACHE_HOME/promptcards for 14 days.

Exit codes: 0 all tests passed, 100 some did not, 1 it could not be run or its results not be written, 130 it was \
interrupted; the results until then are written.";
