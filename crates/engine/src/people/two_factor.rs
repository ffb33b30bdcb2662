//! The second factor: an app's codes, and recovery codes for when the app is lost.

use data_encoding::BASE32_NOPAD;
use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::Millis;
use domain::ids::UserId;
use secrecy::{ExposeSecret, SecretString};
use store::Conn;
use store::users::UserRow;

use super::account::{OwnSession, no_account};
use super::{People, names, secret, totp};
use crate::error::{Conflict, Denial, Error, Result};
use crate::secrets::Place;

/// How many recovery codes there are.
const CODES: usize = 10;
/// Random bytes of each: 120 bits, enough for a plain hash.
const CODE_BYTES: usize = 15;
/// Characters between two hyphens of a code.
const GROUP: usize = 4;

/// A second factor that was begun. It asks for nothing until a code of it was confirmed.
#[derive(Debug)]
pub struct TwoFactorSetup {
    /// The secret as an app takes it by hand.
    pub secret: SecretString,
    /// The same as an address, for a QR code.
    pub uri: SecretString,
}

/// A code that may be good.
#[derive(Debug, Clone)]
pub(super) enum Factor {
    /// An app's code, of this step.
    Step(i64),
    /// Perhaps a recovery code, by its hash.
    Recovery(String),
}

impl Factor {
    /// Uses it up. False: it was used, or is none.
    pub(super) fn take(&self, conn: &mut Conn, user: UserId, at: Millis) -> store::Result<bool> {
        match self {
            Self::Step(step) => store::users::take_totp_step(conn, user, *step),
            Self::Recovery(hash) => store::recovery_codes::take(conn, user, hash, at),
        }
    }
}

fn place(user: &str) -> Place<'_> {
    Place { table: "users", row: user, column: "totp_secret", workspace: None }
}

/// Recovery codes as they are shown, and their hashes.
fn new_codes() -> Result<(Vec<SecretString>, Vec<String>)> {
    let mut codes = Vec::new();
    for _ in 0..CODES {
        let code = BASE32_NOPAD.encode(&secret::random::<CODE_BYTES>()?).to_ascii_lowercase();
        let hash = secret::hash(&code);
        let groups: Vec<&str> =
            (0..code.len()).step_by(GROUP).map(|place| &code[place..place + GROUP]).collect();
        codes.push((SecretString::from(groups.join("-")), hash));
    }
    Ok(codes.into_iter().unzip())
}

fn none_to_change() -> Error {
    Error::conflict(Conflict::TwoFactor, "There is no second factor. Nothing was changed.")
}

impl People {
    /// What a code that was typed may be good for.
    pub(super) async fn read_code(&self, user: &UserRow, typed: &str) -> Result<Option<Factor>> {
        let typed: String =
            typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').take(64).collect();
        if typed.len() == BASE32_NOPAD.encode_len(CODE_BYTES) {
            return Ok(Some(Factor::Recovery(secret::hash(&typed.to_ascii_lowercase()))));
        }
        let Some(sealed) = &user.totp_secret else { return Ok(None) };
        let step = self.step_of(user.id, sealed, &typed).await?;
        Ok(step.map(Factor::Step))
    }

    async fn step_of(&self, user: UserId, sealed: &str, typed: &str) -> Result<Option<i64>> {
        let opened = self.sealer.open(place(&user.to_string()), sealed).await?;
        Ok(totp::step_of(opened.expose_secret(), typed, self.clock.now()))
    }

    /// Begins a second factor for who asks, in the place of one that was never confirmed.
    pub async fn begin_two_factor(&self, caller: &Caller) -> Result<TwoFactorSetup> {
        let (own, at) = (OwnSession::of(caller)?, self.clock.now());
        let bytes = secret::random::<{ totp::SECRET }>()?;
        let sealed = self.sealer.seal(place(&own.user.to_string()), &bytes).await?;
        let begun =
            self.store.write(move |conn| store::users::begin_totp(conn, own.user, &sealed, at)).await?;
        if !begun {
            return Err(Error::conflict(
                Conflict::TwoFactor,
                "There is a second factor already. Remove it first to set up another one.",
            ));
        }
        let uri = totp::uri(&bytes, &caller.name);
        Ok(TwoFactorSetup { secret: totp::written(&bytes).into(), uri: uri.into() })
    }

    /// From now on a sign-in asks for a code. The answer has the recovery codes, which are shown once.
    pub async fn confirm_two_factor(&self, caller: &Caller, code: &str) -> Result<Vec<SecretString>> {
        let (own, at) = (OwnSession::of(caller)?, self.clock.now());
        let user = self.store.read(move |conn| store::users::get(conn, own.user)).await?;
        let user = user.ok_or_else(no_account)?;
        let (Some(sealed), None) = (user.totp_secret.clone(), user.totp_confirmed_at) else {
            return Err(Error::conflict(
                Conflict::TwoFactor,
                "No second factor is on its way. Begin one, and then type a code of the app.",
            ));
        };
        let step = self.step_of(own.user, &sealed, code.trim()).await?;
        let (codes, hashes) = new_codes()?;
        let wrong = || {
            Error::invalid(
                "/code",
                "This is not the code that the app shows now. Type the next one; the clocks of both must be right.",
            )
        };
        let step = step.ok_or_else(wrong)?;
        let entry = self.audit.entry(caller, Action::TwoFactorAdd);
        self.store
            .try_write(move |conn| {
                if !store::users::take_totp_step(conn, own.user, step)?
                    || !store::users::confirm_totp(conn, own.user, &sealed, at)?
                {
                    return Err(wrong());
                }
                store::recovery_codes::replace(conn, own.user, &hashes)?;
                store::audit::append(conn, &entry)?;
                Ok(())
            })
            .await?;
        self.forget();
        Ok(codes)
    }

    /// Other recovery codes in the place of all that there are. With them the second factor can be removed, so that
    /// they ask for the same.
    pub async fn renew_recovery_codes(
        &self,
        caller: &Caller,
        password: SecretString,
        code: &str,
    ) -> Result<Vec<SecretString>> {
        let (user, factor) = self.verify_both(caller, password, code).await?;
        let (codes, hashes) = new_codes()?;
        let (id, at) = (user.id, self.clock.now());
        let entry = self.audit.entry(caller, Action::RecoveryCodesRenew);
        let renewed = self
            .store
            .write(move |conn| {
                let taken = factor.take(conn, id, at)?;
                if taken {
                    store::recovery_codes::replace(conn, id, &hashes)?;
                    store::audit::append(conn, &entry)?;
                }
                Ok(taken)
            })
            .await?;
        if renewed { Ok(codes) } else { Err(self.wrong_code(caller, &user).await?) }
    }

    /// How many recovery codes who asks has left.
    pub async fn recovery_codes_left(&self, caller: &Caller) -> Result<i64> {
        let own = OwnSession::of(caller)?;
        Ok(self.store.read(move |conn| store::recovery_codes::left(conn, own.user)).await?)
    }

    /// A sign-in asks for no code any more. Who knows the password alone is kept from this by the very factor: a code of
    /// it is taken, or a recovery code of who has lost it.
    pub async fn remove_two_factor(&self, caller: &Caller, password: SecretString, code: &str) -> Result<()> {
        let (user, factor) = self.verify_both(caller, password, code).await?;
        let (id, at) = (user.id, self.clock.now());
        let entry = self.audit.entry(caller, Action::TwoFactorRemove);
        let removed = self
            .store
            .write(move |conn| {
                if !factor.take(conn, id, at)? {
                    return Ok(None);
                }
                store::recovery_codes::remove(conn, id)?;
                let removed = store::users::remove_totp(conn, id, at)?;
                if removed {
                    store::audit::append(conn, &entry)?;
                }
                Ok(Some(removed))
            })
            .await?;
        self.forget();
        match removed {
            Some(true) => Ok(()),
            Some(false) => Err(none_to_change()),
            None => Err(self.wrong_code(caller, &user).await?),
        }
    }

    /// The account of who asks, whose password this is, and its second factor, whose code this may be.
    async fn verify_both(
        &self,
        caller: &Caller,
        password: SecretString,
        code: &str,
    ) -> Result<(UserRow, Factor)> {
        let user = self.verify_own(caller, password).await?;
        if user.totp_confirmed_at.is_none() {
            return Err(none_to_change());
        }
        match self.read_code(&user, code).await? {
            Some(factor) => Ok((user, factor)),
            None => Err(self.wrong_code(caller, &user).await?),
        }
    }

    /// What who asks is told of a wrong code. It counts as a wrong password does.
    pub(super) async fn wrong_code(&self, caller: &Caller, user: &UserRow) -> Result<Error> {
        self.count_failure(secret::hash(&names::key(&user.name))).await?;
        self.audit.note(self.audit.entry(caller, Action::Confirm).refused("code_wrong"));
        Ok(Error::denied(Denial::Password))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_recovery_code_is_drawn_each_time() {
        let mut always = [0xff_u8; CODE_BYTES];
        let mut ever = [0_u8; CODE_BYTES];
        for code in (0..7).flat_map(|_| new_codes().unwrap().0) {
            let bare = code.expose_secret().replace('-', "").to_ascii_uppercase();
            let bytes = BASE32_NOPAD.decode(bare.as_bytes()).unwrap();
            for (place, byte) in bytes.iter().enumerate() {
                always[place] &= byte;
                ever[place] |= byte;
            }
        }
        assert_eq!((always, ever), ([0; CODE_BYTES], [0xff; CODE_BYTES]));
    }
}
