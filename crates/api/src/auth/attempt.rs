//! Trying a password, a code or a link: what fails is counted, and more than a few failures are not looked at.

use std::net::{IpAddr, Ipv4Addr};

use domain::caller::Caller;
use engine::{Denial, Error};

use crate::problem::Result;
use crate::state::ApiState;

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
    let reserved = state.engine.limits().reserve_sign_in(address, &account.to_lowercase()).await?;
    let done = work.await;
    let failed =
        matches!(&done, Err(Error::Denied { kind: Denial::SignIn | Denial::Password | Denial::Link, .. }));
    if !failed {
        reserved.give_back().await?;
    }
    Ok(done?)
}

/// The same of somebody who is signed in and gives their own secret again.
pub(crate) async fn attempt_again<T>(
    state: &ApiState,
    caller: &Caller,
    work: impl Future<Output = engine::Result<T>>,
) -> Result<T> {
    attempt(state, caller.address, &caller.name, work).await
}
