//! Trying a password, a code or a link: what fails is counted, and more than a few failures are not looked at.

use std::net::{IpAddr, Ipv4Addr};

use domain::caller::Caller;
use engine::{Denial, Error};

use crate::problem::Result;
use crate::state::ApiState;

/// What stands for the account where the link of a share is tried. No account has such a name.
const SHARES: &str = "share link";

/// Does what proves a secret, unless too much has failed from this address: then it is not begun.
///
/// `account` names whose secret it is; empty, where it is one that stands for itself. What is refused for another reason
/// than the secret does not count, and neither does what the server could not do.
pub(crate) async fn attempt<T>(
    state: &ApiState,
    address: Option<IpAddr>,
    account: &str,
    work: impl Future<Output = engine::Result<T>>,
) -> Result<T> {
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let reserved = state.engine.limits().reserve_sign_in(address, account).await?;
    let done = work.await;
    let failed =
        matches!(&done, Err(Error::Denied { kind: Denial::SignIn | Denial::Password | Denial::Link, .. }));
    if !failed {
        reserved.give_back().await;
    }
    Ok(done?)
}

/// Does what a secret lets be done that nobody can guess. Who fails is counted, and after more than a few failures is
/// told to wait; whose secret is right never is, whatever others have failed at from the same address.
pub(crate) async fn attempt_link<T>(
    state: &ApiState,
    address: Option<IpAddr>,
    work: impl Future<Output = engine::Result<T>>,
) -> Result<T> {
    let done = work.await;
    if matches!(&done, Err(Error::Denied { kind: Denial::Share, .. })) {
        let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let _failed = state.engine.limits().reserve_sign_in(address, SHARES).await?;
    }
    Ok(done?)
}

/// The same as [`attempt`] of somebody who is signed in and gives their own secret again.
pub(crate) async fn attempt_again<T>(
    state: &ApiState,
    caller: &Caller,
    work: impl Future<Output = engine::Result<T>>,
) -> Result<T> {
    attempt(state, caller.address, &caller.name, work).await
}
