//! How a request is refused that shows no credential, or one that does not reach far enough.

use domain::grant::Denial;
use engine::Error;

use crate::problem::{ApiError, Code};

/// 401: nothing was shown.
pub(crate) fn sign_in_required() -> ApiError {
    ApiError::new(Code::SignInRequired, Code::SignInRequired.meaning())
}

/// 401: what was shown is no credential.
pub(super) fn bad_token(detail: &'static str) -> ApiError {
    ApiError::new(Code::InvalidToken, detail)
}

/// 403: it was not the page that sent it.
pub(crate) fn csrf_failed() -> ApiError {
    ApiError::new(Code::CsrfFailed, Code::CsrfFailed.meaning())
}

/// 403; or 404, the same as for a workspace that is not there.
pub(super) fn denied(denial: Denial, workspace: &str) -> ApiError {
    let code = match denial {
        Denial::Hidden => return Error::not_found(format!("workspace `{workspace}`")).into(),
        Denial::Scope(scope) => {
            let detail = match scope {
                Some(scope) => format!("The API key needs the scope `{scope}`."),
                None => "No API key may do this, whatever its scopes. Sign in.".to_owned(),
            };
            return ApiError::new(Code::ScopeMissing, detail);
        }
        Denial::Role => Code::Forbidden,
        Denial::Entry => Code::EntryRequired,
        Denial::Confirmation => Code::ConfirmationRequired,
    };
    ApiError::new(code, code.meaning())
}
