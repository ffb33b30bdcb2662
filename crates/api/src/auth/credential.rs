//! What a request shows to prove who sends it.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::cookies::Cookies;
use super::refusal::bad_token;
use crate::problem::Result;

/// How API keys begin.
const KEY_PREFIX: &str = "pck_";
/// Longest credential, bytes.
const LONGEST: usize = 4 * 1024;

/// One credential, not yet looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// An access token that a program sends.
    Token(&'a str),
    /// An access token that a browser sends by itself: what changes something needs the CSRF token too.
    Cookie(&'a str),
    /// An API key.
    Key(&'a str),
}

/// The credential of a request. A header goes before a cookie: no other site can make a browser send one.
pub(super) fn shown(headers: &HeaderMap, cookies: Cookies) -> Result<Option<Shown<'_>>> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let shown = match (given.next(), given.next()) {
        (None, _) => cookies.access(headers)?.map(Shown::Cookie),
        (Some(value), None) => {
            let bearer = value.to_str().ok().and_then(|value| value.split_once(' '));
            let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            let Some((_, token)) = bearer else {
                return Err(bad_token("Send `Authorization: Bearer` with an access token or an API key."));
            };
            Some(if token.starts_with(KEY_PREFIX) { Shown::Key(token) } else { Shown::Token(token) })
        }
        (Some(_), Some(_)) => return Err(bad_token("The header Authorization stands twice.")),
    };
    match shown {
        Some(Shown::Token(text) | Shown::Cookie(text) | Shown::Key(text)) if text.len() > LONGEST => {
            Err(bad_token("The token is longer than any that this server gives out."))
        }
        shown => Ok(shown),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::COOKIE;

    use super::*;

    fn of(lines: &[&'static str], cookie: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(AUTHORIZATION, HeaderValue::from_static(line));
        }
        if cookie {
            headers.insert(COOKIE, HeaderValue::from_static("pc_at=c"));
        }
        headers
    }

    #[test]
    fn a_header_goes_before_a_cookie_and_stands_once() {
        let cases: [(&[&'static str], bool, Option<Shown<'_>>); 5] = [
            (&[], false, None),
            (&[], true, Some(Shown::Cookie("c"))),
            (&["Bearer t"], true, Some(Shown::Token("t"))),
            (&["bearer t"], false, Some(Shown::Token("t"))),
            (&["Bearer pck_x"], true, Some(Shown::Key("pck_x"))),
        ];
        for (lines, cookie, expected) in cases {
            assert_eq!(shown(&of(lines, cookie), Cookies::Loopback).unwrap(), expected, "{lines:?}");
        }
        for lines in [&["Basic YTpi"][..], &["Bearer"], &["t"], &[""], &["Bearer t", "Bearer t"]] {
            assert!(shown(&of(lines, true), Cookies::Loopback).is_err(), "{lines:?}");
        }
        let mut long = HeaderMap::new();
        let value = format!("Bearer {}", "x".repeat(LONGEST + 1));
        long.insert(AUTHORIZATION, HeaderValue::try_from(value).unwrap());
        assert!(shown(&long, Cookies::Loopback).is_err());
    }
}
