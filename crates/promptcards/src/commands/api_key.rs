//! `promptcards api-key`: API keys of accounts, without a server.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use domain::budget::Budget;
use domain::caller::Caller;
use domain::cost::NanoDollars;
use domain::permission::Scope;
use engine::DEFAULT_WORKSPACE;
use engine::people::{ApiKey, NewApiKey};
use secrecy::ExposeSecret as _;

use super::people::{account, with_people};
use crate::report::terminal::{print, say};

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub(super) enum ApiKeyCommand {
    /// Make a key and print it, this once
    #[command(after_help = "Examples:\n  promptcards api-key create --user ada --scope cards:read\n  \
                            promptcards api-key create --user ada --name ci --scope runs:write --calls-per-day 5000 \
                            --dollars-per-day 2.50\n  \
                            export PROMPTCARDS_API_KEY=$(promptcards api-key create --user ada --name ci --scope \
                            cards:write,runs:write,export --expires-days 365)")]
    Create(CreateArgs),
    /// List the keys of an account, without what is secret in them
    #[command(after_help = "Example:\n  promptcards api-key list --user ada")]
    List {
        #[command(flatten)]
        of: UserArgs,
    },
    /// Revoke a key at once
    #[command(after_help = "Example:\n  promptcards api-key revoke --user ada pck_7Hq2bXw9")]
    Revoke {
        #[command(flatten)]
        of: UserArgs,
        /// How it begins: pck_ and eight characters, as `api-key list` shows it
        key: String,
    },
}

/// The flags of `api-key create`.
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    #[command(flatten)]
    of: UserArgs,
    /// What to call it: where it will be used
    #[arg(long, default_value = "command line")]
    name: String,
    /// The only workspace that it opens
    #[arg(long, value_name = "SLUG", default_value = DEFAULT_WORKSPACE)]
    workspace: String,
    #[arg(
        long = "scope",
        required = true,
        value_name = "SCOPE",
        value_delimiter = ',',
        value_parser = scopes(),
        help = "What it may be used for; one to write includes the one to read. May be repeated"
    )]
    scopes: Vec<Scope>,
    /// After how many days it ends, 1 to 366
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=366))]
    expires_days: u32,
    #[command(flatten)]
    budget: BudgetArgs,
}

/// What the runs that a key starts may use on a day.
#[derive(Debug, Args)]
#[command(next_help_heading = "Budget")]
struct BudgetArgs {
    /// How many calls of models its runs may make on a day of UTC [default: no limit]
    #[arg(long = "calls-per-day", value_name = "N", value_parser = clap::value_parser!(i64).range(0..=domain::budget::MOST))]
    calls: Option<i64>,
    /// How many tokens its runs may use on a day
    #[arg(long = "tokens-per-day", value_name = "N", value_parser = clap::value_parser!(i64).range(0..=domain::budget::MOST))]
    tokens: Option<i64>,
    /// How many US dollars its runs may cost on a day, such as 2.50
    #[arg(long = "dollars-per-day", value_name = "AMOUNT")]
    dollars: Option<NanoDollars>,
}

impl BudgetArgs {
    /// None where nothing is limited.
    fn budget(&self) -> Option<Budget> {
        let budget = Budget { calls: self.calls, tokens: self.tokens, cost_usd: self.dollars };
        Some(budget).filter(|budget| *budget != Budget::default())
    }
}

/// Whose keys.
#[derive(Debug, Args)]
pub(super) struct UserArgs {
    /// The account, by its name or e-mail address
    #[arg(long, value_name = "NAME")]
    user: String,
    #[command(flatten)]
    settings: super::Settings,
}

fn scopes() -> impl clap::builder::TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)).try_map(|word| word.parse::<Scope>())
}

pub(super) fn run(command: ApiKeyCommand) -> anyhow::Result<ExitCode> {
    match command {
        ApiKeyCommand::Create(args) => create(args)?,
        ApiKeyCommand::List { of: UserArgs { user, settings } } => {
            let keys = with_people(&settings.load()?, async |people| {
                Ok(people.api_keys_of_user(account(people, &user).await?.id).await?)
            })?;
            print(&keys.iter().map(|key| line(key) + "\n").collect::<String>())?;
        }
        ApiKeyCommand::Revoke { of: UserArgs { user, settings }, key } => {
            let revoked = with_people(&settings.load()?, async |people| {
                let owner = account(people, &user).await?.id;
                let keys = people.api_keys_of_user(owner).await?;
                let found = keys.into_iter().find(|one| one.begins_with == key);
                let found = found.with_context(|| format!("{user} has no key that begins with {key}"))?;
                people.revoke_api_key_of_user(&Caller::machine(), owner, found.id).await?;
                Ok(found)
            })?;
            print(&format!("{} is revoked.\n", revoked.begins_with))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn create(args: CreateArgs) -> anyhow::Result<()> {
    let CreateArgs { of: UserArgs { user, settings }, name, workspace, scopes, expires_days, budget } = args;
    let new = NewApiKey { name, workspace, scopes, expires_in_days: expires_days, budget: budget.budget() };
    let made = with_people(&settings.load()?, async |people| {
        let owner = account(people, &user).await?.id;
        Ok(people.create_api_key_of_user(&Caller::machine(), owner, new).await?)
    })?;
    print(&format!("{}\n", made.text.expose_secret()))?;
    say(&format!("It is shown this once, and ends at {}.", made.key.expires_at));
    Ok(())
}

/// A key in a line: how it begins, its name, workspace and scopes, when it ends, and what is used of its budget.
fn line(key: &ApiKey) -> String {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let end = match key.revoked_at {
        Some(at) => format!("revoked {at}"),
        None => format!("until {}", key.expires_at),
    };
    let used = key.last_used_at.map(|at| format!("  used {at}")).unwrap_or_default();
    let budget = budget(key).map(|budget| format!("  today {budget}")).unwrap_or_default();
    format!("{}  {}  {}  {}  {end}{used}{budget}", key.begins_with, key.name, key.workspace, scopes.join(","))
}

/// What is used today of each part of its budget: `3 of 5000 calls, $0.2 of $2.5`.
fn budget(key: &ApiKey) -> Option<String> {
    let (budget, used) = (key.budget, key.used_today);
    let parts = [
        budget.calls.map(|most| format!("{} of {most} calls", used.calls)),
        budget.tokens.map(|most| format!("{} of {most} tokens", used.tokens)),
        budget.cost_usd.map(|most| format!("${} of ${most}", used.cost_usd)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(parts.join(", ")).filter(|text| !text.is_empty())
}
