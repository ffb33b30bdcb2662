//! The address of a server, as a person types it.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// An address without user, query and fragment, and without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address(Url);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "an address begins with http:// or https://, such as http://127.0.0.1:3000".to_owned();
        let url = Url::parse(text.trim()).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "no name and no password in an address: they would be shown. Use --api-key-file".to_owned()
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("nothing stands behind ? or # in the address of a server".to_owned());
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Address {
    /// The address of a path at this server, which may itself lie under a path.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is_typed() {
        for (text, shown, loopback) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000", true),
            ("http://localhost:3000/", "http://localhost:3000", true),
            ("http://[::1]:3000", "http://[::1]:3000", true),
            ("https://cards.example/team/", "https://cards.example/team", false),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.to_string().as_str(), address.is_loopback()), (shown, loopback));
            assert_eq!(address.join("/api"), format!("{shown}/api"));
        }
        for wrong in
            ["", "cards.example", "ftp://x", "http://", "http://me:secret@x", "http://x?a=b", "http://x#a"]
        {
            let said = wrong.parse::<Address>().unwrap_err();
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
