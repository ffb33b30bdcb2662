//! The two cookies of a browser's session. No script can read them, and no other site can send them.

use std::time::Duration;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use super::refusal::bad_token;
use crate::problem::{ApiError, Result};

/// Where the refresh token is sent, and nowhere else.
const REFRESH_PATH: &str = "/api/v1/session";

/// Which names the cookies have: browsers accept those with a prefix over TLS only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookies {
    /// The server is reached over TLS.
    Secure,
    /// It is reached over plain HTTP, on loopback.
    Loopback,
}

/// How long a browser keeps a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Until it is closed.
    WhileOpen,
    /// For this time, also when it is closed.
    For(Duration),
}

impl Cookies {
    /// The access token that a request carries.
    pub(crate) fn access(self, headers: &HeaderMap) -> Result<Option<&str>> {
        read(headers, self.access_name())
    }

    /// The refresh token that a request carries.
    pub(crate) fn refresh(self, headers: &HeaderMap) -> Result<Option<&str>> {
        read(headers, self.refresh_name())
    }

    /// Sends an access token. It is over in minutes, so that the browser keeps it no longer than it is open.
    pub(crate) fn set_access(self, headers: &mut HeaderMap, token: &str) -> Result<()> {
        self.set(headers, self.access_name(), token, "/", "")
    }

    /// Sends a refresh token, which the browser keeps as long as `kept` says.
    pub(crate) fn set_refresh(self, headers: &mut HeaderMap, token: &str, kept: Kept) -> Result<()> {
        let kept = match kept {
            Kept::WhileOpen => String::new(),
            Kept::For(time) => format!("; Max-Age={}", time.as_secs()),
        };
        self.set(headers, self.refresh_name(), token, REFRESH_PATH, &kept)
    }

    /// Takes both away.
    pub(crate) fn clear(self, headers: &mut HeaderMap) -> Result<()> {
        self.set(headers, self.access_name(), "", "/", "; Max-Age=0")?;
        self.set(headers, self.refresh_name(), "", REFRESH_PATH, "; Max-Age=0")
    }

    fn set(self, headers: &mut HeaderMap, name: &str, value: &str, path: &str, kept: &str) -> Result<()> {
        let secure = if self == Self::Secure { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; Path={path}{secure}; HttpOnly; SameSite=Strict{kept}");
        headers.append(SET_COOKIE, HeaderValue::try_from(cookie).map_err(ApiError::internal)?);
        Ok(())
    }

    fn access_name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-pc_at",
            Self::Loopback => "pc_at",
        }
    }

    fn refresh_name(self) -> &'static str {
        match self {
            Self::Secure => "__Secure-pc_rt",
            Self::Loopback => "pc_rt",
        }
    }
}

/// The value of a cookie. Two values are none: whoever sent the second one may have planted it.
fn read<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>> {
    let mut found = None;
    for line in headers.get_all(COOKIE) {
        // Cookies of others may hold anything; ours never holds anything but ASCII.
        let pairs =
            line.as_bytes().split(|byte| *byte == b';').filter_map(|pair| std::str::from_utf8(pair).ok());
        for (known, value) in pairs.filter_map(|pair| pair.trim().split_once('=')) {
            if known == name && found.replace(value).is_some() {
                return Err(bad_token("The same cookie was sent twice."));
            }
        }
    }
    Ok(found.filter(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others_and_never_twice() {
        let found = |lines: &[&'static str]| {
            Cookies::Loopback.access(&sent(lines)).map(|value| value.map(str::to_owned)).map_err(drop)
        };
        assert_eq!(found(&[]), Ok(None));
        assert_eq!(found(&["a=b; pc_at=x.y.z; c=d"]), Ok(Some("x.y.z".to_owned())));
        assert_eq!(found(&["a=b", "pc_at=x"]), Ok(Some("x".to_owned())));
        assert_eq!(found(&["xpc_at=x; pc_atx=y; PC_AT=z; pc_rt=r; __Host-pc_at=h; pc_at"]), Ok(None));
        assert_eq!(found(&["pc_at="]), Ok(None));
        assert_eq!(found(&["pc_at=x; pc_at=y"]), Err(()));
        assert_eq!(found(&["pc_at=x", "pc_at=x"]), Err(()));
    }

    #[test]
    fn cookies_have_every_attribute_that_keeps_them() {
        let mut headers = HeaderMap::new();
        for (cookies, kept) in
            [(Cookies::Secure, Kept::For(Duration::from_mins(1))), (Cookies::Loopback, Kept::WhileOpen)]
        {
            cookies.set_access(&mut headers, "a").unwrap();
            cookies.set_refresh(&mut headers, "r", kept).unwrap();
        }
        Cookies::Secure.clear(&mut headers).unwrap();
        let lines: Vec<_> = headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
        assert_eq!(
            lines,
            [
                "__Host-pc_at=a; Path=/; Secure; HttpOnly; SameSite=Strict",
                "__Secure-pc_rt=r; Path=/api/v1/session; Secure; HttpOnly; SameSite=Strict; Max-Age=60",
                "pc_at=a; Path=/; HttpOnly; SameSite=Strict",
                "pc_rt=r; Path=/api/v1/session; HttpOnly; SameSite=Strict",
                "__Host-pc_at=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0",
                "__Secure-pc_rt=; Path=/api/v1/session; Secure; HttpOnly; SameSite=Strict; Max-Age=0",
            ]
        );
    }
}
