//! Sign-ins: what fails is counted, what succeeds is not.

use std::net::IpAddr;

use cache::{Charge, Outcome, WindowKey};
use sha2::{Digest, Sha256};

use super::subject::Subject;
use super::{Limits, seconds};
use crate::error::{Error, Result};
use crate::people::names;

/// A sign-in under way, counted as one that failed until it is given back. Whoever goes away in the middle of one has
/// failed.
#[must_use = "a sign-in that succeeded is given back"]
pub struct Reservation<'a> {
    limits: &'a Limits,
    charges: [Charge; 2],
    outcome: Outcome,
}

impl Limits {
    /// Counts a sign-in as failed before anything is hashed, so that many at once cannot outrun the count.
    ///
    /// `account` is what names the account, in the form in which equal names are equal; empty where only a secret
    /// is tried, such as that of a link. Refused: too many failed from this address for this account, or from this
    /// address at all; then the right password is not looked at either.
    pub async fn reserve_sign_in(&self, address: IpAddr, account: &str) -> Result<Reservation<'_>> {
        let (of_account, of_address) = self.settings.failed_sign_ins();
        let address = Subject::address(address);
        let charge = |subject, limit| Charge { key: WindowKey { policy: "auth", subject }, limit, cost: 1 };
        let charges =
            [charge(pair(address, &names::key(account)), of_account), charge(address.id(), of_address)];
        let outcome = self.cache.charge(&charges).await;
        if outcome.admitted {
            Ok(Reservation { limits: self, charges, outcome })
        } else {
            Err(Error::LimitReached { policy: "auth", retry_after: seconds(outcome.wait_ms()) })
        }
    }
}

impl Reservation<'_> {
    /// The sign-in succeeded: it does not count.
    pub async fn give_back(self) {
        self.limits.cache.give_back(&self.charges, &self.outcome).await;
    }
}

/// The subject of one address at one account.
fn pair(address: Subject, account: &str) -> u128 {
    let mut hash = Sha256::new();
    hash.update(address.id().to_be_bytes());
    hash.update(account);
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(half)
}
