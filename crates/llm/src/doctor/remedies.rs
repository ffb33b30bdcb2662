//! The addresses that a wrong one is usually meant for. All of them are the same machine, or the one around a
//! container.

use super::place::Place;
use super::surroundings::{HOST_NAMES, Surroundings};
use crate::settings::ProviderKind;

/// Ollama's own port.
const OLLAMA_PORT: u16 = 11434;
/// The ports of vLLM, llama.cpp, LM Studio and `LiteLLM`, and Ollama's, which speaks this protocol too.
const OPENAI_PORTS: [u16; 5] = [8000, 8080, 1234, 4000, OLLAMA_PORT];

/// What is different from the configured address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Path,
    Kind,
    Scheme,
    Loopback,
    Port,
    Container,
}

/// Somewhere to look.
#[derive(Debug)]
pub(super) struct Remedy {
    pub(super) change: Change,
    pub(super) kind: ProviderKind,
    pub(super) place: Place,
}

/// Where to look for a server of `kind` that is not at `place`, the likeliest first.
pub(super) fn remedies(kind: ProviderKind, place: &Place, surroundings: &Surroundings) -> Vec<Remedy> {
    let mut found: Vec<Remedy> = Vec::new();
    let mut add = |change, kind, wanted: Place| {
        let known = |remedy: &Remedy| remedy.kind == kind && remedy.place == wanted;
        if !found.iter().any(known) {
            found.push(Remedy { change, kind, place: wanted });
        }
    };
    for path in paths(kind, &place.path) {
        add(Change::Path, kind, place.with_path(&path));
    }
    match kind {
        ProviderKind::OpenAi => add(Change::Kind, ProviderKind::Ollama, place.with_path("")),
        _ => add(Change::Kind, ProviderKind::OpenAi, place.with_path("/v1")),
    }
    add(Change::Scheme, kind, place.with_other_scheme());
    for host in other_loopbacks(place) {
        add(Change::Loopback, kind, place.with_host(host));
    }
    let ports: &[u16] = if kind == ProviderKind::Ollama { &[OLLAMA_PORT] } else { &OPENAI_PORTS };
    for port in ports {
        add(Change::Port, kind, place.with_port(*port));
    }
    let names = surroundings.around_container.iter().flatten().filter(|_| place.is_loopback());
    for name in names {
        add(Change::Container, kind, place.with_host(name));
    }
    found.retain(|remedy| (remedy.kind, &remedy.place) != (kind, place));
    found
}

/// What the path may have been meant to be: without what belongs to one call, with the version once.
fn paths(kind: ProviderKind, path: &str) -> Vec<String> {
    if kind == ProviderKind::Ollama {
        let begin = ["/api", "/v1"].iter().filter_map(|end| path.find(end)).min().unwrap_or(path.len());
        return vec![path[..begin].to_owned(), String::new()];
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let is_version =
        |segment: &&str| segment.strip_prefix('v').is_some_and(|rest| rest.parse::<u8>().is_ok());
    let mut paths = Vec::new();
    if let Some(version) = segments.iter().position(is_version) {
        paths.push(format!("/{}", segments[..=version].join("/")));
    }
    paths.extend(["/v1", "/api/v1", "/openai/v1"].map(str::to_owned));
    paths
}

/// `localhost` may be either address, and a server may listen on one of them alone.
fn other_loopbacks(place: &Place) -> &'static [&'static str] {
    match place.host.as_str() {
        "localhost" => &["127.0.0.1", "[::1]"],
        "[::1]" => &["127.0.0.1"],
        "127.0.0.1" => &["[::1]"],
        // The name of the machine around a container, written outside of one.
        host if HOST_NAMES.contains(&host) => &["127.0.0.1", "[::1]"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_loses_what_belongs_to_one_call_and_keeps_one_version() {
        let first = |kind, path| paths(kind, path).into_iter().next().expect("a path");
        assert_eq!(first(ProviderKind::OpenAi, "/v1/v1"), "/v1");
        assert_eq!(first(ProviderKind::OpenAi, "/v1/chat/completions"), "/v1");
        assert_eq!(first(ProviderKind::OpenAi, "/team/v1/models"), "/team/v1");
        assert_eq!(first(ProviderKind::Ollama, "/api/chat"), "");
        assert_eq!(first(ProviderKind::Ollama, "/team/v1"), "/team");
    }
}
