//! The command line.

mod api_key;
mod audit;
mod backup;
mod config;
mod copy;
mod doctor;
mod export;
mod healthcheck;
mod import;
mod init;
mod keys;
mod models;
mod openapi;
mod people;
mod promptfoo_card;
mod restore;
mod run;
mod serve;
mod shell;
mod support_bundle;
mod user;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use formats::results::for_terminal;
use store::{DatabaseUrl, Store};

use crate::config::{Config, Environment, Flags};
use crate::eval::EvalArgs;
use crate::report::terminal::say;

/// Prompt cards, their test cases, and runs that can be watched and trusted.
#[derive(Debug, Parser)]
#[command(
    name = "promptcards",
    version,
    after_help = "Examples:\n  promptcards serve\n  promptcards serve --listen 127.0.0.1:8080 --data-dir ~/promptcards\n  \
                  promptcards eval -c promptfooconfig.yaml -o results.json\n  promptcards doctor\n  \
                  promptcards import cards.yaml\n  promptcards fake-ollama --latency-ms 200 \
                  --tokens-per-second 40\n\n`promptcards COMMAND --help` says more, with examples."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server: the page, the API and the worker, on one database
    #[command(after_help = "Examples:\n  promptcards serve\n  promptcards serve --listen 127.0.0.1:0\n  \
                      OLLAMA_HOST=gpu-box promptcards serve --pull llama3.2\n\nExit codes: 0 stopped, 1 could not start, \
                      3 the database is damaged or not ours, 4 it is newer than this program, 5 another \
                      server has it, 130 or 143 a second Ctrl-C or SIGTERM ended it at once.")]
    Serve(serve::ServeArgs),
    /// Run a promptfoo config: prompts, providers and tests, without a server
    #[command(after_help = crate::eval::EXAMPLES)]
    Eval(Box<EvalArgs>),
    /// Look at the database, the model servers, their models and the port; say what to do about each problem
    #[command(after_help = "Examples:\n  promptcards doctor\n  promptcards doctor --data-dir ./data\n  \
                      promptcards doctor --model llama3.2:1b\n\nA model server that does not answer is looked for \
                      where its address is usually wrong: path, kind, scheme, loopback address, port, the machine \
                      around a container.\n\nExit codes: 0 all is well, 1 something does not work.")]
    Doctor {
        #[command(flatten)]
        settings: Settings,
        /// A model that one of the model servers should have
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
    },
    /// Ask a server whether it takes requests: for containers, units and load balancers
    #[command(after_help = "Examples:\n  promptcards healthcheck\n  promptcards healthcheck --config \
                      /etc/promptcards/promptcards.toml\n  promptcards healthcheck --url https://cards.example.org\n\n\
                      Without --url it asks the server that the same settings start on this machine.\n\nExit codes: 0 it \
                      is ready, 1 it is not, or does not answer within 2.5 seconds.")]
    Healthcheck {
        #[command(flatten)]
        settings: Settings,
        /// Another server than that of the settings; without a path its /readyz is asked
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
    /// Write a file for somebody who helps: findings, settings, metrics; no secrets and no prompts
    #[command(after_help = "Examples:\n  promptcards support-bundle\n  promptcards support-bundle --config \
                            /etc/promptcards/promptcards.toml -o /tmp/support.json\n\nExit codes: 0 written, 1 not.")]
    SupportBundle(support_bundle::BundleArgs),
    /// Pull models onto an Ollama server
    #[command(
        subcommand,
        after_help = "Example:\n  promptcards models pull llama3.2\n\nExit codes: 0 done, 1 not done."
    )]
    Models(models::ModelsCommand),
    /// Make, list, disable, enable and erase accounts, change their roles, give links to a new password
    #[command(
        subcommand,
        after_help = "Examples:\n  promptcards user create --name ada --role admin --password-file ./password\n  \
                      promptcards user list\n  promptcards user reset-link ada\n\nExit codes: 0 done, 1 not done, 5 a \
                      server has the file: its pages and its API do the same."
    )]
    User(user::UserCommand),
    /// Make, list and revoke API keys of accounts
    #[command(
        subcommand,
        after_help = "Examples:\n  promptcards api-key create --user ada --scope cards:read\n  promptcards api-key list \
                      --user ada\n  promptcards api-key revoke --user ada pck_7Hq2bXw9\n\nExit codes: 0 done, 1 not done, \
                      5 a server has the file: its pages and its API do the same."
    )]
    ApiKey(api_key::ApiKeyCommand),
    #[command(
        about = "Copy everything from one database into another, a file or PostgreSQL, and compare the two",
        after_help = "Examples:\n  promptcards copy --from ./data --to postgres://cards@localhost/cards\n  \
                      promptcards copy --from postgres://cards@db.example/cards --to ./data-of-today\n  \
                      PROMPTCARDS_COPY__TO=postgres://cards:secret@localhost/cards promptcards copy --from ./data\n\n\
                      Stop the server first: neither database may be in use. What was killed in the middle goes on \
                      when the same is typed again; after a finished copy that only compares. A path that ends in \
                      .db is a file, any other a folder with promptcards.db in it, as for serve --data-dir. The \
                      variables keep a password out of the list of processes.\n\n\
                      Exit codes: 0 copied and equal, 1 not copied, 3 a database is damaged or not ours, 4 it is \
                      newer than this program, 5 it is in use, 6 the two differ."
    )]
    Copy(copy::CopyArgs),
    /// Back the database up, as it is now, encrypted; the server may run
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::BackupArgs),
    /// Put a backup in the place of the database, or look whether it could be
    #[command(after_help = restore::EXAMPLES)]
    Restore(restore::RestoreArgs),
    /// Verify or export the audit log of a database that no server has
    #[command(
        subcommand,
        after_help = "Examples:\n  promptcards audit verify\n  promptcards audit export > audit.jsonl"
    )]
    Audit(audit::AuditCommand),
    /// Change the keys that the server has for itself
    #[command(
        subcommand,
        after_help = "Examples:\n  promptcards keys rewrap\n  promptcards keys rotate\n\nExit codes: 0 done, 1 not done."
    )]
    Keys(keys::KeysCommand),
    /// Print the settings as they are in force, check or explain them, or print an example file
    #[command(
        after_help = "Examples:\n  promptcards config\n  promptcards config --example > promptcards.toml\n  \
                            promptcards config check\n  promptcards config explain server.listen"
    )]
    Config(config::ConfigArgs),
    /// Run a card of a server over its cases, follow the run to its end, and write the results
    #[command(after_help = run::EXAMPLES)]
    Run(run::RunArgs),
    /// Bring files of cards, or configs of promptfoo, into a server
    #[command(after_help = "Examples:\n  promptcards import cards.yaml\n  promptcards import --replace \
                            prompts/*.yaml\n  promptcards import promptfooconfig.yaml --slug greetings\n  promptcards export --server https://old.example | promptcards import \
                            --server https://new.example -\n  PROMPTCARDS_API_KEY=... promptcards import --server \
                            https://cards.example cards.yaml\n\nIf a card is there already, nothing at all is \
                            imported, unless --replace says so. What is wrong in a file is named with its place.\n\n\
                            Exit codes: 0 all is imported, 1 nothing is.")]
    Import(import::ImportArgs),
    /// Write cards of a server as a file of YAML, without loss, or one of them as a config of promptfoo
    #[command(
        after_help = "Examples:\n  promptcards export > cards.yaml\n  promptcards export summary translate -o \
                      cards.yaml\n  promptcards export summary --promptfoo --label production --provider \
                      ollama:chat:llama3.2 -o promptfooconfig.yaml\n\nWhat promptfoo does not have is named on \
                      standard error. Suites that no card uses any more are in no export; times and authors are \
                      those of the import. `promptcards copy` moves a whole database.\n\nExit codes: 0 written, \
                      1 not."
    )]
    Export(export::ExportArgs),
    /// Write an example that `promptcards eval` runs at once, and recipes for pipelines; nothing is written over
    #[command(
        after_help = "Examples:\n  promptcards init\n  promptcards init evals --github\n  promptcards init \
                            --gitlab\n\nExit codes: 0 written, 1 not: something is there already."
    )]
    Init(init::InitArgs),
    /// Print what a shell completes commands and flags by
    #[command(after_help = "Examples:\n  promptcards completions bash > \
                      ~/.local/share/bash-completion/completions/promptcards\n  promptcards completions zsh > \
                      ~/.zfunc/_promptcards\n  promptcards completions fish > \
                      ~/.config/fish/completions/promptcards.fish")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of the program or of one of its commands
    #[command(after_help = "Examples:\n  promptcards man | man -l -\n  promptcards man run > \
                            ~/.local/share/man/man1/promptcards-run.1")]
    Man {
        /// One of the commands
        command: Option<String>,
    },
    /// Print the OpenAPI document of the HTTP API
    #[command(after_help = "Example:\n  promptcards openapi > openapi.json")]
    Openapi,
    /// Serve models that are made up, in the wire formats of Ollama and of `OpenAI`: for tests, measurements and
    /// trying things out
    #[command(
        after_help = "Examples:\n  promptcards fake-ollama\n  promptcards fake-ollama --listen 127.0.0.1:0 \
                      --model llama3.2\n  promptcards fake-ollama --recorded answers.jsonl --model my-model\n  \
                      promptcards fake-ollama --fault cut_in_stream --fail-every 10\n  \
                      promptcards fake-ollama --fault '{\"status\": {\"code\": 429, \"retry_after_s\": 2}}' \
                      --fail-share 0.2\n\nWhile it runs, GET /control shows its settings and counters and \
                      PATCH /control changes them."
    )]
    FakeOllama(fake_ollama::Args),
}

/// Flags that every command with settings takes.
#[derive(Debug, Clone, Args)]
struct Settings {
    /// Where to listen; loopback only, port 0 takes a free one [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The folder of the database, made if it is not there [default: ./data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[arg(
        long,
        value_name = "URL",
        help = "A PostgreSQL database instead of the file, such as postgres://user:password@host/name"
    )]
    database_url: Option<DatabaseUrl>,
    /// The configuration file [default: ./promptcards.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Settings {
    fn load(self) -> anyhow::Result<Config> {
        Ok(Config::load(&self.into_flags(), &environment())?)
    }

    fn into_flags(self) -> Flags {
        let Self { listen, data_dir, database_url, config } = self;
        Flags { config, listen, data_dir, database_url }
    }
}

/// The variables that settings come from; others may hold what is not text.
fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Does what the command line says, and answers with the exit code.
pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Serve(args) => serve::run(args),
        Command::Eval(args) => crate::eval::run(&args),
        Command::Doctor { settings, model } => {
            settings.load().and_then(|config| doctor::run(&config, model.as_deref()))
        }
        Command::Healthcheck { settings, url } => healthcheck::run(settings, url.as_deref()),
        Command::SupportBundle(args) => support_bundle::run(args),
        Command::Models(command) => models::run(command),
        Command::User(command) => user::run(command),
        Command::ApiKey(command) => api_key::run(command),
        Command::Copy(args) => copy::run(&args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => restore::run(&args),
        Command::Audit(command) => audit::run(command),
        Command::Keys(command) => keys::run(command),
        Command::Config(args) => config::run(args),
        Command::Run(args) => run::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { command } => shell::man(command.as_deref()),
        Command::Openapi => openapi::print(),
        Command::FakeOllama(args) => serve::fake_ollama(args),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // It may quote a file, which is somebody else's.
            say(&for_terminal(&format!("promptcards: {error:#}")));
            let code = (error.downcast_ref().map(crate::StartError::exit_code))
                .or_else(|| error.downcast_ref().map(copy::exit_code))
                .or_else(|| error.downcast_ref().map(restore::exit_code));
            ExitCode::from(code.unwrap_or(1))
        }
    }
}

/// Opens the database of the settings, which must be there.
async fn database(config: &Config) -> anyhow::Result<Store> {
    if config.store.database_url.is_none() && !config.store.path.exists() {
        anyhow::bail!("there is no database at {}", config.store.path.display());
    }
    crate::install_cryptography();
    Ok(crate::app::open(config).await?)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
