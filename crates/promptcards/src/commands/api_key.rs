//! `promptcards api-key`: API keys of accounts, without a server.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use domain::caller::Caller;
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
    let CreateArgs { of: UserArgs { user, settings }, name, workspace, scopes, expires_days } = args;
    let new = NewApiKey { name, workspace, scopes, expires_in_days: expires_days };
    let made = with_people(&settings.load()?, async |people| {
        let owner = account(people, &user).await?.id;
        Ok(people.create_api_key_of_user(&Caller::machine(), owner, new).await?)
    })?;
    print(&format!("{}\n", made.text.expose_secret()))?;
    say(&format!("It is shown this once, and ends at {}.", made.key.expires_at));
    Ok(())
}

/// A key in a line: how it begins, its name, workspace and scopes, and when it ends.
fn line(key: &ApiKey) -> String {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let end = match key.revoked_at {
        Some(at) => format!("revoked {at}"),
        None => format!("until {}", key.expires_at),
    };
    let used = key.last_used_at.map(|at| format!("  used {at}")).unwrap_or_default();
    format!("{}  {}  {}  {}  {end}{used}", key.begins_with, key.name, key.workspace, scopes.join(","))
}
