//! Where a request comes from, also through proxies.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::Request;
use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use crate::serve::Peer;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request comes from: the other end of the connection, or whom a trusted proxy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    /// Whether a proxy asks for the client. Its connections are those of many.
    pub(super) fn is_forwarded(self, request: &Request) -> bool {
        let peer = request.extensions().get::<Peer>();
        peer.is_some_and(|peer| peer.0.ip().to_canonical() != self.0)
    }
}

/// The proxies that are believed when they say for whom they ask.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Proxies of these networks are believed.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The address of whoever began a request.
    pub(crate) fn client_of(&self, request: &Request) -> ClientAddress {
        // A request that came over no connection was made in this process.
        let peer =
            request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
        ClientAddress(self.client(peer, request.headers()))
    }

    /// What a header says is believed from right to left, as far as a trusted proxy wrote it: each proxy adds on the
    /// right whom it heard, and everything on the left of that may be invented. If both headers are there and name
    /// different clients, one of them was not written by the proxy, and the proxy itself counts.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let by_name = self.first_untrusted(peer, headers, &X_FORWARDED_FOR, |hop| hop);
        let by_standard = self.first_untrusted(peer, headers, &header::FORWARDED, forwarded_for);
        match (by_name, by_standard) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => peer,
        }
    }

    /// Whether an address is one of theirs.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The hop that the last trusted proxy heard; the last one that can be read, where one cannot. None: there is no
    /// such header.
    fn first_untrusted(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: &HeaderName,
        address_in: impl Fn(&str) -> &str,
    ) -> Option<IpAddr> {
        let mut client = None;
        for value in headers.get_all(name).iter().rev() {
            let hops = value.to_str().unwrap_or("");
            for hop in hops.rsplit(',') {
                let Some(address) = address(address_in(hop.trim())) else {
                    return client.or(Some(peer));
                };
                client = Some(address);
                if !self.trusts(address) {
                    return client;
                }
            }
        }
        client
    }
}

/// What `for=` says in an element of the header Forwarded, without its quotes.
fn forwarded_for(element: &str) -> &str {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut named = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, value)| value);
    named.next().map_or("", |value| value.trim_matches('"'))
}

/// An address, with or without a port, IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => match text.split_once(':') {
            // A second colon makes it IPv6 without a port.
            Some((before, after)) if !after.contains(':') => before,
            _ => text,
        },
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let networks = ["10.0.0.0/8", "2001:db8:aaaa::/48", "127.0.0.1/32"];
        let proxies = TrustedProxies::new(networks.iter().map(|network| network.parse().unwrap()).collect());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &map).to_string()
    }

    const NAMED: &str = "x-forwarded-for";
    const STANDARD: &str = "forwarded";

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        assert_eq!(client("192.0.2.1", &[(NAMED, "198.51.100.7")]), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &[(STANDARD, "for=198.51.100.7")]), "192.0.2.1");
        assert_eq!(client("::ffff:192.0.2.1", &[(NAMED, "10.1.1.1")]), "192.0.2.1");
        assert_eq!(client("10.1.1.1", &[]), "10.1.1.1");
    }

    #[test]
    fn what_stands_left_of_the_first_stranger_is_invented() {
        let cases = [
            ("198.51.100.7", "198.51.100.7"),
            ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
            ("203.0.113.9, 198.51.100.7, 10.2.2.2", "198.51.100.7"),
            ("10.9.9.9, 198.51.100.7, 10.2.2.2 , 10.3.3.3", "198.51.100.7"),
            ("10.9.9.9,10.2.2.2", "10.9.9.9"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("198.51.100.7:4711", "198.51.100.7"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("2001:db8::1, 2001:db8:aaaa::5", "2001:db8::1"),
            ("198.51.100.7, what, 10.2.2.2", "10.2.2.2"),
            ("198.51.100.7,", "10.1.1.1"),
            ("", "10.1.1.1"),
        ];
        for (value, expected) in cases {
            assert_eq!(client("10.1.1.1", &[(NAMED, value)]), expected, "{value}");
        }
        let lines = [(NAMED, "203.0.113.9"), (NAMED, "198.51.100.7"), (NAMED, "10.2.2.2")];
        assert_eq!(client("::ffff:10.1.1.1", &lines), "198.51.100.7");
    }

    #[test]
    fn the_standard_header_says_the_same() {
        let cases = [
            ("for=198.51.100.7", "198.51.100.7"),
            ("for=203.0.113.9, For=\"198.51.100.7:80\";proto=https;by=10.1.1.1", "198.51.100.7"),
            ("proto=http; for=\"[2001:db8::1]:4711\", for=10.2.2.2", "2001:db8::1"),
            ("for=198.51.100.7, for=_hidden, for=10.2.2.2", "10.2.2.2"),
            ("for=unknown", "10.1.1.1"),
            ("proto=https", "10.1.1.1"),
        ];
        for (value, expected) in cases {
            assert_eq!(client("10.1.1.1", &[(STANDARD, value)]), expected, "{value}");
        }
    }

    #[test]
    fn two_headers_that_differ_say_nothing() {
        let same = [(NAMED, "198.51.100.7"), (STANDARD, "for=198.51.100.7")];
        assert_eq!(client("10.1.1.1", &same), "198.51.100.7");
        let different = [(NAMED, "198.51.100.7"), (STANDARD, "for=203.0.113.9")];
        assert_eq!(client("10.1.1.1", &different), "10.1.1.1");
    }
}
