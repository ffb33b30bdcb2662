//! How much of something one address may hold at once. The addresses of a /64 of IPv6 are one: they are all one
//! customer's.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The places of all addresses.
#[derive(Debug)]
pub(crate) struct Places {
    /// How many each address has. 0: as many as it wants.
    each: usize,
    held: Mutex<HashMap<IpAddr, Held>>,
}

#[derive(Debug, Default)]
struct Held {
    places: usize,
    refused: bool,
}

/// A place that an address holds until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

/// The address holds as many places as it may.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full {
    /// Whether this is the first one since it had none at all: what is worth a line in the log.
    pub(crate) first: bool,
}

impl Places {
    pub(crate) fn new(each: usize) -> Arc<Self> {
        Arc::new(Self { each, held: Mutex::default() })
    }

    /// A place for an address. None: places are not counted.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Option<Place>, Full> {
        if self.each == 0 {
            return Ok(None);
        }
        let address = shared(address);
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = all.entry(address).or_default();
        if held.places >= self.each {
            return Err(Full { first: !std::mem::replace(&mut held.refused, true) });
        }
        held.places += 1;
        drop(all);
        Ok(Some(Place { places: Arc::clone(self), address }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.places.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = all.get_mut(&self.address) {
            held.places -= 1;
            if held.places == 0 {
                all.remove(&self.address);
            }
        }
    }
}

/// The address that stands for all of the same customer.
fn shared(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(places: &Arc<Places>, address: &str) -> Result<Option<Place>, Full> {
        places.take(address.parse().unwrap())
    }

    #[test]
    fn each_address_has_its_own_places_and_gets_them_back() {
        let places = Places::new(2);
        let (one, two) = (take(&places, "192.0.2.1").unwrap(), take(&places, "::ffff:192.0.2.1").unwrap());
        assert_eq!(take(&places, "192.0.2.1").unwrap_err(), Full { first: true });
        assert_eq!(take(&places, "192.0.2.1").unwrap_err(), Full { first: false });
        assert!(take(&places, "192.0.2.2").is_ok());
        drop(one);
        let again = take(&places, "192.0.2.1").unwrap();
        assert_eq!(take(&places, "192.0.2.1").unwrap_err(), Full { first: false });
        drop((two, again));
        assert!(places.held.lock().unwrap().is_empty(), "an address that holds nothing is forgotten");
    }

    #[test]
    fn a_64_of_ipv6_is_one_address() {
        let places = Places::new(1);
        let _held = take(&places, "2001:db8:1:2::1").unwrap();
        assert!(take(&places, "2001:db8:1:2:ffff::9").is_err());
        assert!(take(&places, "2001:db8:1:3::1").is_ok());
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let places = Places::new(0);
        let _many: Vec<_> = (0..100).map(|_| take(&places, "192.0.2.1").unwrap()).collect();
        assert!(places.held.lock().unwrap().is_empty());
    }
}
