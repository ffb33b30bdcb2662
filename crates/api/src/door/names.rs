//! Whose requests are looked at: those of programs, and of pages that this server sent itself.
//!
//! A page elsewhere can reach a server through the victim's browser, by a form or by a host name that it lets point to
//! its address. The browser names that host and that origin, so both are checked.

use axum::extract::Request;
use http::uri::Authority;
use http::{HeaderMap, Method, Version, header};

use super::origin::Origin;
use crate::problem::{ApiError, Code};

/// The hosts and origins that are this server.
#[derive(Debug, Clone)]
pub(super) struct OwnNames {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl OwnNames {
    /// The names of a server that listens on `port`. The loopback ones are always answered, so that probes on the
    /// machine itself reach it; pages are its own only where they come from the public origin, if there is one.
    pub(super) fn new(port: u16, tls: bool, public: Option<&Origin>) -> Self {
        let own = ["127.0.0.1", "localhost", "[::1]"];
        let scheme = if tls { "https" } else { "http" };
        let loopback = own.iter().filter_map(|name| format!("{scheme}://{name}:{port}").parse().ok());
        let loopback: Vec<Origin> = loopback.collect();
        let hosts = loopback.iter().chain(public).flat_map(Origin::hosts).collect();
        let origins = match public {
            Some(public) => vec![public.to_string()],
            None => loopback.iter().map(ToString::to_string).collect(),
        };
        Self { hosts, origins }
    }

    pub(super) fn check_host(&self, request: &Request) -> Result<(), ApiError> {
        let authority = request.uri().authority();
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (host, second) = (hosts.next(), hosts.next());
        // HTTP/2 names the host in a field of its own.
        if host.is_none() && (authority.is_none() || request.version() != Version::HTTP_2) {
            return Err(ApiError::new(Code::BadRequest, "The header Host is missing."));
        }
        if second.is_some() {
            return Err(ApiError::new(Code::BadRequest, "The header Host stands twice."));
        }
        let own = |name: &str| self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name));
        let named = host.map(|host| host.to_str().unwrap_or(""));
        if named.is_none_or(own) && authority.map(Authority::as_str).is_none_or(own) {
            return Ok(());
        }
        let detail = format!("This server answers to {} and to no other name.", self.hosts.join(", "));
        Err(ApiError::new(Code::WrongHost, detail))
    }

    /// Safe methods may come from a link elsewhere, but nothing may say that it is a foreign page's own request.
    /// A program that names no origin at all passes: a browser always does for unsafe methods.
    pub(super) fn check_origin(&self, request: &Request) -> Result<(), ApiError> {
        let headers = request.headers();
        for origin in headers.get_all(header::ORIGIN) {
            let origin = origin.to_str().unwrap_or("");
            if !self.origins.iter().any(|own| own.eq_ignore_ascii_case(origin)) {
                return Err(foreign());
            }
        }
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(());
        }
        self.check_site(headers)
    }

    fn check_site(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let mut sites = headers.get_all("sec-fetch-site").iter().peekable();
        if sites.peek().is_some() {
            // `same-site` is not enough: another port of this machine is the same site.
            return if sites.all(|site| site == "same-origin" || site == "none") {
                Ok(())
            } else {
                Err(foreign())
            };
        }
        match headers.get(header::REFERER) {
            Some(referer) if !headers.contains_key(header::ORIGIN) => {
                let referer = referer.to_str().unwrap_or("");
                let own = |origin: &String| {
                    referer
                        .strip_prefix(origin.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                if self.origins.iter().any(own) { Ok(()) } else { Err(foreign()) }
            }
            _ => Ok(()),
        }
    }
}

fn foreign() -> ApiError {
    ApiError::new(
        Code::ForeignOrigin,
        "The request was made by a page that this server did not send; nothing was changed. Open the server's own address.",
    )
}
