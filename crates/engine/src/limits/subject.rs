//! For whom work is counted: an API key, else an account, else an address.

use std::net::IpAddr;

use domain::caller::{Caller, Credential};
use domain::permission::ServerRole;

/// What is known of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Only where it comes from.
    Address,
    /// A guest.
    Guest,
    /// An account, or an API key of one.
    Account,
}

/// For whom work is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject {
    /// No two kinds meet: a UUID has a variant in its lower half, an address has not.
    id: u128,
    standing: Standing,
}

impl Subject {
    /// Somebody of whom nothing but the address is known. The addresses of a /64 of IPv6 are one: they are all one
    /// customer's.
    pub fn address(address: IpAddr) -> Self {
        let id = match address.to_canonical() {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits() >> 64 << 64,
        };
        Self { id, standing: Standing::Address }
    }

    /// Somebody who has proved who they are.
    pub fn of(caller: &Caller) -> Self {
        let standing = if caller.role == ServerRole::Guest { Standing::Guest } else { Standing::Account };
        let id = match (&caller.credential, caller.user) {
            (Credential::ApiKey { id, .. }, _) => id.to_bits(),
            (_, Some(user)) => user.to_bits(),
            // The machine itself, by whatever way it asks.
            (_, None) => caller.address.map_or(0, |address| Self::address(address).id),
        };
        Self { id, standing }
    }

    /// What is known of it.
    pub fn standing(self) -> Standing {
        self.standing
    }

    pub(super) fn id(self) -> u128 {
        self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(address: &str) -> Subject {
        Subject::address(address.parse().unwrap())
    }

    #[test]
    fn an_address_is_one_subject_however_it_is_written() {
        assert_eq!(subject("192.0.2.1"), subject("::ffff:192.0.2.1"));
        assert_ne!(subject("192.0.2.1"), subject("192.0.2.2"));
        assert_eq!(subject("2001:db8:1:2::1"), subject("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(subject("2001:db8:1:2::1"), subject("2001:db8:1:3::1"));
    }
}
