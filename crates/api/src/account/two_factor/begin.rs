//! `POST /api/v1/account/two-factor`.

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{By, Json};
use crate::problem::Result;
use crate::state::ApiState;

/// A second factor on its way.
#[derive(Serialize, ToSchema)]
pub(crate) struct BegunTwoFactor {
    /// The secret, to be typed into an app.
    secret: String,
    /// The same as an address, for a QR code.
    uri: String,
}

/// Begin a second factor
///
/// Nothing is asked for until a code of it was confirmed.
#[utoipa::path(post, path = "/api/v1/account/two-factor", tag = "people",
    responses((status = 200, body = BegunTwoFactor)))]
pub(crate) async fn begin_two_factor(
    State(state): State<ApiState>,
    By(caller): By,
) -> Result<Json<BegunTwoFactor>> {
    let begun = state.engine.people().begin_two_factor(&caller).await?;
    let (secret, uri) = (begun.secret.expose_secret().to_owned(), begun.uri.expose_secret().to_owned());
    Ok(Json(BegunTwoFactor { secret, uri }))
}
