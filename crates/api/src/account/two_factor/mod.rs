//! The second factor of one's own account.

pub(crate) mod begin;
pub(crate) mod confirm;
pub(crate) mod remove;
pub(crate) mod renew_codes;

use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Both of what one signs in with.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BothFactors {
    /// The password.
    #[garde(skip)]
    #[schema(value_type = String)]
    password: SecretString,
    /// A code of the second factor that was not used yet, or a recovery code.
    #[garde(length(chars, max = 64))]
    code: String,
}

/// What signs in when the app is lost, each once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// The codes, shown this once.
    recovery_codes: Vec<String>,
}

impl RecoveryCodes {
    fn of(codes: &[SecretString]) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.expose_secret().to_owned()).collect() }
    }
}
