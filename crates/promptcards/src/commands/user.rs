//! `promptcards user`: accounts, without a server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use domain::caller::Caller;
use domain::permission::ServerRole;
use engine::people::{Account, EditUser, NewAccount, People};
use secrecy::ExposeSecret as _;

use super::people::{account, password, with_people};
use crate::report::terminal::{print, say};

/// How many accounts are read at once.
const PAGE: i64 = 200;

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account with a password from a file; the first admin owns the workspace `default`
    #[command(
        after_help = "Examples:\n  promptcards user create --name ada --role admin --password-file ./password\n  \
                            pwgen -s 24 1 | tee ada.txt | promptcards user create --name ada --password-file -"
    )]
    Create(CreateArgs),
    /// List all accounts
    #[command(after_help = "Example:\n  promptcards user list")]
    List {
        #[command(flatten)]
        settings: super::Settings,
    },
    /// Let nobody use an account, and end its sessions; its API keys do nothing meanwhile
    #[command(after_help = "Example:\n  promptcards user disable ada")]
    Disable(NameArgs),
    /// Let an account be used again; its sessions stay ended
    #[command(after_help = "Example:\n  promptcards user enable ada")]
    Enable(NameArgs),
    /// Give an account another role; the last admin stays one
    #[command(after_help = "Example:\n  promptcards user role ada admin")]
    Role {
        #[command(flatten)]
        of: NameArgs,
        #[arg(value_parser = roles(), help = "What it is to be on the server")]
        role: ServerRole,
    },
    /// Print a link by which whose account it is sets a new password, once and within an hour
    #[command(after_help = "Example:\n  promptcards user reset-link ada")]
    ResetLink(NameArgs),
    /// Take name, e-mail address and everything else that tells of the person out of an account, for ever
    #[command(
        after_help = "Example:\n  promptcards user erase ada\n\nWhat the person made stays, under a name that tells \
                            nothing. The last admin, and who is the only owner of a workspace, are not erased."
    )]
    Erase(NameArgs),
}

/// The flags of `user create`.
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Its name: 3 to 64 letters, digits, dots, hyphens or underscores. It never changes
    #[arg(long)]
    name: String,
    /// Its e-mail address, by which it can sign in too
    #[arg(long)]
    email: Option<String>,
    #[arg(long, default_value = "user", value_parser = roles(), help = "What it is to be on the server")]
    role: ServerRole,
    /// The file with its password, of 12 to 128 characters; - is standard input
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    #[command(flatten)]
    settings: super::Settings,
}

/// Which account.
#[derive(Debug, Args)]
pub(super) struct NameArgs {
    /// Its name or e-mail address
    name: String,
    #[command(flatten)]
    settings: super::Settings,
}

fn roles() -> impl clap::builder::TypedValueParser<Value = ServerRole> {
    PossibleValuesParser::new(["guest", "user", "admin"]).try_map(|word| word.parse::<ServerRole>())
}

pub(super) fn run(command: UserCommand) -> anyhow::Result<ExitCode> {
    match command {
        UserCommand::Create(args) => create(args)?,
        UserCommand::List { settings } => {
            let lines = with_people(&settings.load()?, list)?;
            print(&lines)?;
        }
        UserCommand::Disable(args) => edit(args, EditUser { disabled: Some(true), role: None })?,
        UserCommand::Enable(args) => edit(args, EditUser { disabled: Some(false), role: None })?,
        UserCommand::Role { of, role } => edit(of, EditUser { role: Some(role), disabled: None })?,
        UserCommand::ResetLink(args) => reset_link(args)?,
        UserCommand::Erase(args) => erase(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn create(args: CreateArgs) -> anyhow::Result<()> {
    let CreateArgs { name, email, role, password_file, settings } = args;
    let new = NewAccount { name, email, password: password(&password_file)? };
    let made = with_people(&settings.load()?, async |people| {
        Ok(people.create_user(&Caller::machine(), new, role).await?)
    })?;
    Ok(print(&format!("{}\n", line(&made)))?)
}

fn edit(args: NameArgs, edit: EditUser) -> anyhow::Result<()> {
    let NameArgs { name, settings } = args;
    let edited = with_people(&settings.load()?, async |people| {
        let found = account(people, &name).await?;
        Ok(people.edit_user(&Caller::machine(), found.id, edit).await?)
    })?;
    Ok(print(&format!("{}\n", line(&edited)))?)
}

fn reset_link(args: NameArgs) -> anyhow::Result<()> {
    let NameArgs { name, settings } = args;
    let config = settings.load()?;
    let link = with_people(&config, async |people| {
        let found = account(people, &name).await?;
        Ok(people.reset_link(&Caller::machine(), found.id).await?)
    })?;
    let origin = config.server.origin(config.server.listen);
    print(&format!("{origin}/reset#{}\n", link.secret.expose_secret()))?;
    say(&format!("It is good once, until {}. Links that were made before are void.", link.expires_at));
    Ok(())
}

fn erase(args: NameArgs) -> anyhow::Result<()> {
    let NameArgs { name, settings } = args;
    let erased = with_people(&settings.load()?, async |people| {
        let found = account(people, &name).await?;
        Ok(people.erase_user(&Caller::machine(), found.id).await?)
    })?;
    Ok(print(&format!("{}\n", line(&erased)))?)
}

async fn list(people: &People) -> anyhow::Result<String> {
    let (mut lines, mut after) = (String::new(), None);
    loop {
        let users = people.users(after, PAGE).await?;
        let Some(last) = users.last() else { return Ok(lines) };
        after = Some(last.id);
        lines.extend(users.iter().map(|user| line(user) + "\n"));
    }
}

/// An account in a line: name, role and what else is to be known.
fn line(user: &Account) -> String {
    let mut parts = vec![user.name.clone(), user.role.to_string()];
    parts.extend(user.email.clone());
    parts.extend(user.two_factor.then(|| "two-factor".to_owned()));
    parts.extend(user.disabled_at.map(|since| format!("disabled since {since}")));
    parts.join("  ")
}
