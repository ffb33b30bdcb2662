//! Where a model server is, as people write it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use reqwest::Url;

use crate::error::SettingsError;
use crate::outbound::{self, Endpoint};

/// Ollama's port where neither scheme nor port is given.
const OLLAMA_PORT: &str = "11434";

/// The base address of a model server, without a slash at its end: what the paths of its protocol follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress(String);

impl fmt::Display for ServerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl ServerAddress {
    /// Where Ollama is by default.
    pub fn default_ollama() -> Self {
        Self(format!("http://127.0.0.1:{OLLAMA_PORT}"))
    }

    /// The address as text: `http://127.0.0.1:11434`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is called there.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, SettingsError> {
        let url =
            Url::parse(&self.0).map_err(|error| SettingsError(format!("{self} is no address: {error}.")))?;
        outbound::endpoint_of(&url)
    }

    /// Whether calls are encrypted.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The address that `OLLAMA_BASE_URL` or else `OLLAMA_HOST` gives. None: both are absent or empty.
    pub fn from_variables(base_url: Option<&str>, host: Option<&str>) -> Result<Option<Self>, SettingsError> {
        let given = |value: Option<&'_ str>| value.is_some_and(|value| !unquoted(value).is_empty());
        let (name, value) = match (base_url, host) {
            (Some(value), _) if given(base_url) => ("OLLAMA_BASE_URL", value),
            (_, Some(value)) if given(host) => ("OLLAMA_HOST", value),
            _ => return Ok(None),
        };
        Self::ollama(value).map(Some).map_err(|error| SettingsError(format!("{name}: {error}")))
    }

    /// Reads an address as Ollama reads `OLLAMA_HOST`: `host`, `host:port`, `:port`, `[v6]:port`, or a URL.
    ///
    /// Without a scheme the port is 11434, with one it is the scheme's own: 80 or 443. An address that a
    /// server listens on everywhere by, `0.0.0.0` or `[::]`, means this machine to a client.
    pub fn ollama(text: &str) -> Result<Self, SettingsError> {
        Self::parse(text, Some(OLLAMA_PORT), "127.0.0.1:11434 or https://models.example.org")
    }

    /// Reads the base address of an OpenAI-compatible server, a URL with or without its version: `/v1` is added
    /// where no part of the path is a version such as `v1` or `v1beta`.
    pub fn openai(text: &str) -> Result<Self, SettingsError> {
        let Self(mut address) =
            Self::parse(text, None, "http://127.0.0.1:8000/v1 or https://models.example.org/v1")?;
        // What stands before the third slash is scheme and host.
        if !address.split('/').skip(3).any(is_version) {
            address.push_str("/v1");
        }
        Ok(Self(address))
    }

    /// `default_port` goes with an address without a scheme. None: it must have one.
    fn parse(text: &str, default_port: Option<&str>, example: &str) -> Result<Self, SettingsError> {
        let text = unquoted(text);
        let refuse = |why: &str| {
            // What stands before an @ may be a password, and what stands after a ? a key.
            let begin = text.split(['?', '#']).next().unwrap_or_default();
            let host = match begin.rsplit_once('@') {
                Some((_, host)) => host,
                None if text.contains('@') => "",
                None => begin,
            };
            let shown: String = host.chars().take(200).collect();
            Err(SettingsError(format!(
                "`{shown}` is not the address of a model server: {why}. Write it like {example}."
            )))
        };
        let (scheme, rest, default_port) = match text.split_once("://") {
            None => match default_port {
                Some(port) => ("http", text, port),
                None => return refuse("it does not begin with http:// or https://"),
            },
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest, "80"),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest, "443"),
            Some(_) => return refuse("its scheme is neither http nor https"),
        };
        if rest.contains(['@', '?', '#', '\\']) || rest.contains(char::is_whitespace) {
            return refuse("it holds more than host, port and path");
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let Some((host, port)) = split_port(authority) else {
            return refuse("host and port cannot be told apart");
        };
        let port = port.unwrap_or(default_port);
        if port.parse::<u16>().is_ok_and(|number| number > 0) {
            let host = client_host(host);
            let path = path.trim_end_matches('/');
            let slash = if path.is_empty() { "" } else { "/" };
            let address = format!("{scheme}://{host}:{port}{slash}{path}");
            match Url::parse(&address) {
                Ok(_) => Ok(Self(address)),
                Err(error) => refuse(&error.to_string()),
            }
        } else {
            refuse("its port is not a number from 1 to 65535")
        }
    }
}

/// Ollama, too, takes spaces and quotation marks around the value away.
fn unquoted(value: &str) -> &str {
    value.trim().trim_matches(['"', '\'']).trim()
}

/// Host and port of `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address. None: unreadable.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.parse::<Ipv6Addr>().is_ok() {
        return Some((authority, None));
    }
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<Ipv6Addr>().ok()?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None if after.is_empty() => Some((host, None)),
            None => None,
        };
    }
    match authority.split_once(':') {
        None => Some((authority, None)),
        Some((_, port)) if port.is_empty() || port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
    }
}

/// Whether a part of a path names a version of an API: `v1`, `v1beta`.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

fn client_host(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ if host.is_empty() => "127.0.0.1".to_owned(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_ollama_reads_them() {
        for (written, meant) in [
            ("", "http://127.0.0.1:11434"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            ("http://0.0.0.0:11434", "http://127.0.0.1:11434"),
            (":8080", "http://127.0.0.1:8080"),
            ("gpu-box", "http://gpu-box:11434"),
            ("gpu-box:8080", "http://gpu-box:8080"),
            ("1.2.3.4", "http://1.2.3.4:11434"),
            ("http://1.2.3.4", "http://1.2.3.4:80"),
            ("https://1.2.3.4", "https://1.2.3.4:443"),
            ("HTTPS://models.example.org", "https://models.example.org:443"),
            ("https://models.example.org:8443/", "https://models.example.org:8443"),
            ("example.com/ollama", "http://example.com:11434/ollama"),
            ("https://example.com/a/b/", "https://example.com:443/a/b"),
            ("[::1]:11434", "http://[::1]:11434"),
            ("[::1]", "http://[::1]:11434"),
            ("::1", "http://[::1]:11434"),
            ("[::]:11434", "http://[::1]:11434"),
            ("http://[::]", "http://[::1]:80"),
            (" \"127.0.0.1:11434\" ", "http://127.0.0.1:11434"),
            ("'gpu-box'", "http://gpu-box:11434"),
        ] {
            assert_eq!(ServerAddress::ollama(written).expect(written).as_str(), meant, "{written}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        for (written, why) in [
            ("ftp://example.com", "scheme"),
            ("unix:///run/ollama", "scheme"),
            ("gpu-box:0", "port"),
            ("gpu-box:65536", "port"),
            ("gpu-box:http", "port"),
            ("gpu-box:", "told apart"),
            ("a:1:2", "told apart"),
            ("[::1", "told apart"),
            ("http://user:secret@host", "more than host"),
            ("http://host?x=1", "more than host"),
            ("http://host#x", "more than host"),
            ("two words", "more than host"),
            ("http://[zz]:1", "told apart"),
            ("http://ex ample.org", "more than host"),
            ("http://exa<mple.org", "invalid"),
        ] {
            let error = ServerAddress::ollama(written).expect_err(written).to_string();
            assert!(error.contains(why), "{written}: {error}");
        }
    }

    #[test]
    fn an_openai_address_may_have_its_version_or_not() {
        for (written, meant) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
            ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
            ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
            ("https://api.openai.com/v1", "https://api.openai.com:443/v1"),
            ("https://gateway.example.org/litellm", "https://gateway.example.org:443/litellm/v1"),
            ("https://example.org/v1beta/openai", "https://example.org:443/v1beta/openai"),
            ("https://v1.example.org", "https://v1.example.org:443/v1"),
            ("http://0.0.0.0:8000", "http://127.0.0.1:8000/v1"),
        ] {
            assert_eq!(ServerAddress::openai(written).expect(written).as_str(), meant, "{written}");
        }
        let error = ServerAddress::openai("127.0.0.1:8000").expect_err("no scheme").to_string();
        assert!(
            error.contains("begin with http://") && error.contains("http://127.0.0.1:8000/v1"),
            "{error}"
        );
        let error = ServerAddress::openai("http://me:secret@host/v1").expect_err("a password").to_string();
        assert!(!error.contains("secret"), "{error}");
        for text in [
            "https://host/v1?key=secret",
            "https://a:secret@c@host/v1?x=@secret",
            "http://a:secret?b@host",
            "https://host#secret",
        ] {
            let error = ServerAddress::openai(text).expect_err("more than an address").to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_base_url_goes_before_the_host() {
        let read = |base, host| {
            ServerAddress::from_variables(base, host)
                .map(|found| found.map(|address| address.to_string()))
                .map_err(|error| error.to_string())
        };
        assert_eq!(read(None, None), Ok(None));
        assert_eq!(read(Some(""), Some(" ")), Ok(None));
        assert_eq!(read(Some("http://a:1"), Some("b:2")), Ok(Some("http://a:1".into())));
        assert_eq!(read(Some(""), Some("b:2")), Ok(Some("http://b:2".into())));
        assert!(read(None, Some("b:x")).expect_err("refused").starts_with("OLLAMA_HOST: `b:x`"));
        assert!(!read(None, Some("user:secret@b")).expect_err("refused").contains("secret"));
    }
}
