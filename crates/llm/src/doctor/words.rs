//! What was found, in sentences, and what to do about it.

use super::place::Place;
use super::probe::Found;
use super::remedies::{Change, Remedy};
use super::surroundings::Surroundings;
use super::{Outcome, Step};
use crate::settings::{ProviderKind, ProviderSettings};

/// What a kind of server is called.
fn name(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Ollama => "Ollama",
        ProviderKind::OpenAi => "A server that speaks OpenAI's protocol",
        ProviderKind::Simulated => "A simulated server",
    }
}

/// That a server answers at an address.
pub(super) fn server(kind: ProviderKind, version: Option<&str>, at: &str) -> String {
    let version = version.map_or_else(String::new, |version| format!(" {version}"));
    format!("{}{version} answers at {at}.", name(kind))
}

pub(super) fn step(tried: &str, kind: ProviderKind, found: &Found) -> Step {
    let (outcome, found) = match found {
        Found::Server { version } => (Outcome::Works, server(kind, version.as_deref(), tried)),
        other => (Outcome::Fails, sentence(other, kind)),
    };
    Step { tried: tried.to_owned(), outcome, found }
}

/// What was found where no server is.
fn sentence(found: &Found, kind: ProviderKind) -> String {
    match found {
        Found::Server { .. } => "It answers.".to_owned(),
        Found::Key { status } => format!("It answers, and wants a key or another one ({status})."),
        Found::Redirect { to } => format!("It says that it is at {to}. Redirects are not followed."),
        Found::Stranger { status } => {
            let what = if kind == ProviderKind::Ollama { "Ollama" } else { "OpenAI's protocol" };
            format!("A web server answers ({status}), but not as {what} does.")
        }
        Found::NotHttp => "What answers does not speak HTTP. Perhaps it speaks HTTPS.".to_owned(),
        Found::NotTls => "What answers does not speak HTTPS.".to_owned(),
        Found::Untrusted { why } => {
            format!("It speaks HTTPS, but the connection cannot be trusted: {why}.")
        }
        Found::Silent => {
            "It takes the connection and answers nothing: it hangs, or does not speak this protocol."
                .to_owned()
        }
        Found::Cut => "It closes the connection without an answer.".to_owned(),
        Found::Refused => "It refuses the connection: nothing listens there.".to_owned(),
        Found::NoConnection => {
            "It neither takes nor refuses the connection: a firewall drops it, or the machine is off."
                .to_owned()
        }
        Found::Unreachable { why } => format!("It cannot be reached: {why}."),
        Found::UnknownName => "The name of the host is not known here.".to_owned(),
    }
}

/// What is wrong with the configured address.
pub(super) fn wrong(found: &Found, place: &Place, kind: ProviderKind) -> String {
    format!("No model server of this kind at {place}. {}", sentence(found, kind))
}

/// What to do, now that a server was found elsewhere.
pub(super) fn advice(remedy: &Remedy, found: &Found, configured: &Place) -> String {
    let Remedy { change, kind, place } = remedy;
    let server = name(*kind);
    let why = match change {
        Change::Path => format!("{server} answers under another path, {place}."),
        Change::Kind => {
            format!("{server} answers at this place: the provider's `kind` is `{}`.", kind.as_str())
        }
        Change::Scheme if place.https => "The same port speaks HTTPS.".to_owned(),
        Change::Scheme => "The same port speaks plain HTTP.".to_owned(),
        Change::Loopback => {
            format!(
                "{server} answers at {place}: it listens on another address of this machine than {}.",
                configured.host
            )
        }
        Change::Port => format!("{server} answers on port {}.", place.port),
        Change::Container => format!(
            "{server} answers at {place}: this program runs in a container, where {} is the container itself.",
            configured.host
        ),
    };
    let but = match found {
        Found::Key { status } => {
            format!(" It wants a key ({status}): name one by `key_env` or `key_file`.")
        }
        Found::Untrusted { why } => format!(" Its certificate has to be put right first: {why}."),
        _ => String::new(),
    };
    format!("{why}{but} Write the line below into the provider's section, and start again.")
}

/// What to do where none of the usual remedies helps.
pub(super) fn no_advice(
    found: &Found,
    kind: ProviderKind,
    place: &Place,
    surroundings: &Surroundings,
) -> String {
    let start = match kind {
        ProviderKind::Ollama => "Start Ollama (`ollama serve`)",
        _ => "Start the model server",
    };
    if surroundings.around_container.is_some() && place.is_loopback() {
        return format!(
            "{start} on the machine around this container, and have it listen on every address (Ollama: \
             `OLLAMA_HOST=0.0.0.0`): on 127.0.0.1 alone the container cannot reach it."
        );
    }
    match found {
        Found::UnknownName => {
            "Write the name as this machine knows it, or the machine's address. The name of a \
                               service of Docker Compose is known within its network alone."
                .to_owned()
        }
        Found::NoConnection | Found::Unreachable { .. } => {
            format!("Look whether {} is on and whether a firewall is in between.", place.host)
        }
        Found::Silent => "Look at the log of the server there, and start it again if it hangs.".to_owned(),
        Found::Redirect { .. } => {
            "If that is your server, write its address into the provider's `base_url`.".to_owned()
        }
        Found::Untrusted { .. } => "Give the server a certificate that this machine trusts.".to_owned(),
        _ => format!(
            "{start}, or set the provider's `base_url` to where it is. None of the usual remedies helps."
        ),
    }
}

pub(super) fn unreadable_key(why: &str) -> String {
    format!(
        "The provider has no key: {why} Every call fails until that is mended and this server is started again."
    )
}

/// What to do about a key, and the line for it.
pub(super) fn key(status: u16, sent: bool, settings: &ProviderSettings) -> (String, Option<String>) {
    if sent {
        // What they name is not said: people write the key itself there.
        let whence = if settings.key_env.is_some() {
            "the variable that `key_env` names"
        } else {
            "the file that `key_file` names"
        };
        let what = format!(
            "The server answers and refuses the key of {whence} ({status}). Put the right one there and start \
             again."
        );
        return (what, None);
    }
    let what = format!(
        "The server answers and wants a key ({status}). Put the key into a variable of the environment, and name \
         that as below."
    );
    let variable: String = settings
        .name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' })
        .collect();
    (what, Some(format!("key_env = \"{variable}_API_KEY\"")))
}
