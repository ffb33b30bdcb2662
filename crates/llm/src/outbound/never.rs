//! Addresses and ports that are never called, whatever anybody allows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Ports at which databases listen. What is sent to one as HTTP may be taken for a command.
const OF_DATABASES: [u16; 2] = [5432, 6379];

/// Where services of clouds say who a machine is and give out its keys, beyond the link-local networks: Alibaba,
/// Oracle, Azure; Amazon and Google over IPv6.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254),
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254),
];

/// What is never called at this server.
#[derive(Debug, Clone, Default)]
pub(super) struct Never {
    /// Ports of the databases that this server uses.
    databases: Vec<u16>,
    /// Where this server itself listens.
    listening: Option<SocketAddr>,
}

impl Never {
    pub(super) fn new(databases: Vec<u16>, listening: Option<SocketAddr>) -> Self {
        Self { databases, listening }
    }

    /// Whether nothing is called at this port, at any address.
    pub(super) fn is_port(&self, port: u16) -> bool {
        OF_DATABASES.contains(&port) || self.databases.contains(&port)
    }

    /// Whether this address is not called at this port. `address` is [`canonical`].
    pub(super) fn is_address(&self, address: IpAddr, port: u16) -> bool {
        self.is_port(port) || is_forbidden(address) || self.is_this_server(address, port)
    }

    fn is_this_server(&self, address: IpAddr, port: u16) -> bool {
        self.listening.is_some_and(|own| {
            own.port() == port
                && (address.is_loopback()
                    || address == own.ip()
                    || own.ip().is_unspecified() && is_of_this_machine(address))
        })
    }
}

/// Only a machine that has an address can listen on it.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

/// An IPv4 address that is written as one of IPv6 is the same address.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_forbidden_v4(address),
        IpAddr::V6(address) => is_forbidden_v6(address),
    }
}

fn is_forbidden_v4(address: Ipv4Addr) -> bool {
    // "This network", and what was reserved and never given to anybody, the broadcast address among it.
    let reserved = matches!(address.octets()[0], 0 | 240..);
    reserved || address.is_link_local() || address.is_multicast() || METADATA_V4.contains(&address)
}

fn is_forbidden_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    address.is_unspecified()
        || address.is_unicast_link_local()
        || address.is_multicast()
        || METADATA_V6.contains(&address)
        // Translation within a site, and Teredo: which IPv4 address is meant only the translator knows.
        || segments[..3] == [0x64, 0xff9b, 1]
        || segments[..2] == [0x2001, 0]
        // A way to an IPv4 address that is forbidden, or to this machine past what is said of loopback.
        || within(address).is_some_and(|inner| inner.is_loopback() || is_forbidden_v4(inner))
}

/// The IPv4 address to which a gateway would send what goes to this one: NAT64, 6to4, ISATAP, IPv4-compatible.
fn within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    let last = of(segments[6], segments[7]);
    match segments {
        [0x2002, high, low, ..] => Some(of(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] | [_, _, _, _, 0 | 0x0200, 0x5efe, _, _] => Some(last),
        // ::1 is no IPv4 address.
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => Some(last),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never() -> Never {
        Never::new(vec![6000], Some(SocketAddr::from(([127, 0, 0, 1], 3000))))
    }

    #[track_caller]
    fn is_refused(address: &str, port: u16) -> bool {
        never().is_address(canonical(address.parse().expect("an address")), port)
    }

    #[test]
    fn what_is_never_called_is_refused_in_every_form() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "ff02::1",
            "::ffff:169.254.169.254",
            "::ffff:0.0.0.0",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::a00:1",
            "2002:a9fe:a9fe::1",
            "2002:7f00:1::1",
            "2001:0:1234::1",
            "fd00::5efe:169.254.169.254",
            "2001:db8::200:5efe:127.0.0.1",
        ] {
            assert!(is_refused(address, 11_434), "{address}");
        }
    }

    #[test]
    fn machines_of_a_network_and_of_the_world_may_be_called() {
        for address in [
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "10.0.0.7",
            "192.168.1.7",
            "172.17.0.1",
            "100.64.0.1",
            "8.8.8.8",
            "fd00::7",
            "2606:4700::1",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ] {
            assert!(!is_refused(address, 11_434), "{address}");
        }
    }

    #[test]
    fn ports_of_databases_and_of_this_server_are_refused() {
        for port in [5432, 6379, 6000] {
            assert!(is_refused("10.0.0.7", port), "{port}");
        }
        assert!(is_refused("127.0.0.1", 3000) && is_refused("127.9.9.9", 3000) && is_refused("::1", 3000));
        assert!(!is_refused("10.0.0.7", 3000));
        let everywhere = Never::new(Vec::new(), Some(SocketAddr::from(([0, 0, 0, 0], 3000))));
        assert!(everywhere.is_address(IpAddr::from([127, 0, 0, 1]), 3000));
        // An address of documentation, which no machine has.
        assert!(!everywhere.is_address(IpAddr::from([192, 0, 2, 1]), 3000));
    }
}
