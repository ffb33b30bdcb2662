//! Whose requests are looked at: those of programs, and of pages that this server sent itself.
//!
//! A page elsewhere can reach a loopback address through the victim's browser, by a form or by a host name that
//! it lets point to 127.0.0.1. The browser names that host and that origin, so both are checked.

use axum::extract::Request;
use http::uri::Authority;
use http::{HeaderMap, Method, header};

use crate::problem::{ApiError, Code};

/// The hosts and origins that are this server.
#[derive(Debug, Clone)]
pub struct OwnNames {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl OwnNames {
    /// The loopback names of a server that listens on `port`.
    pub fn loopback(port: u16) -> Self {
        let mut hosts = Vec::new();
        for name in ["127.0.0.1", "localhost", "[::1]"] {
            hosts.push(format!("{name}:{port}"));
            if port == 80 {
                hosts.push(name.to_owned());
            }
        }
        let origins = hosts.iter().map(|host| format!("http://{host}")).collect();
        Self { hosts, origins }
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), ApiError> {
        let headers = request.headers();
        self.check_host(headers, request.uri().authority())?;
        let safe = matches!(*request.method(), Method::GET | Method::HEAD);
        self.check_origin(headers, safe)
    }

    fn check_host(&self, headers: &HeaderMap, authority: Option<&Authority>) -> Result<(), ApiError> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (host, second) = (hosts.next(), hosts.next());
        let Some(host) = host else {
            return Err(ApiError::new(Code::BadRequest, "The header Host is missing."));
        };
        if second.is_some() {
            return Err(ApiError::new(Code::BadRequest, "The header Host stands twice."));
        }
        let named = host.to_str().unwrap_or("");
        let own = |name: &str| self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name));
        if own(named) && authority.is_none_or(|authority| own(authority.as_str())) {
            return Ok(());
        }
        let detail = format!("This server answers to {} and to no other name.", self.hosts.join(", "));
        Err(ApiError::new(Code::WrongHost, detail))
    }

    /// Safe methods may come from a link elsewhere, but nothing may say that it is a foreign page's own request.
    /// A program that names no origin at all passes: a browser always does for unsafe methods.
    fn check_origin(&self, headers: &HeaderMap, safe: bool) -> Result<(), ApiError> {
        for origin in headers.get_all(header::ORIGIN) {
            let origin = origin.to_str().unwrap_or("");
            if !self.origins.iter().any(|own| own.eq_ignore_ascii_case(origin)) {
                return Err(foreign());
            }
        }
        if safe {
            return Ok(());
        }
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
