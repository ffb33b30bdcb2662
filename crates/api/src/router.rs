//! The whole URL map.

use std::sync::Arc;

use axum::Router;
use domain::permission::Permission::Anyone;
use utoipa::openapi::{Info, OpenApi};
use utoipa_axum::routes;

use crate::door::Door;
use crate::health;
use crate::problem::{ApiError, Code};
use crate::routes::{Declaration, RateTier, RouteMistake, Routes};
use crate::state::ApiState;

/// Every address of the API, with the permission and the rate tier of each.
fn map() -> Routes<ApiState> {
    use RateTier::Uncounted;
    Routes::new(document()).add(Anyone, Uncounted, routes!(health::livez::livez)).add(
        Anyone,
        Uncounted,
        routes!(health::readyz::readyz),
    )
}

/// The application behind `door`.
pub fn router(state: ApiState, door: &Arc<Door>) -> Result<Router, RouteMistake> {
    let (router, _, _) = map().finish()?;
    Ok(guarded(router.with_state(state), door))
}

/// `router` with the answers for what it does not know, behind `door`.
pub fn guarded(router: Router, door: &Arc<Door>) -> Router {
    let refuse = |code: Code| move || std::future::ready(ApiError::new(code, code.meaning()));
    let router = router.method_not_allowed_fallback(refuse(Code::MethodNotAllowed));
    door.guard(router.fallback(refuse(Code::NotFound)))
}

/// What every route declares.
pub fn declarations() -> Result<Vec<Declaration>, RouteMistake> {
    map().finish().map(|(_, _, declared)| declared)
}

/// The OpenAPI 3.1 document, indented, the same text for the same code.
pub fn openapi() -> Result<String, RouteMistake> {
    let (_, document, _) = map().finish()?;
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    Ok(text)
}

fn document() -> OpenApi {
    let mut info = Info::new("Promptcards", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Prompt cards, test cases, runs and verdicts. Errors are problems of RFC 9457; edits need `If-Match`; \
         lists are pages with `next_cursor`."
            .to_owned(),
    );
    OpenApi::builder().info(info).build()
}
