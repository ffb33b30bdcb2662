//! The whole URL map.

use std::sync::Arc;

use axum::Router;
use domain::permission::Permission::Anyone;
use http::{HeaderMap, Method, Uri};
use utoipa::openapi::{Info, OpenApi};
use utoipa_axum::routes;

use crate::door::Door;
use crate::problem::{ApiError, Code};
use crate::routes::{Declaration, RateTier, RouteMistake, Routes};
use crate::spa::Site;
use crate::state::ApiState;
use crate::{csp_report, health, openapi};

/// Every address of the API, with the permission and the rate tier of each.
fn map() -> Routes<ApiState> {
    use RateTier::{General, Reports, Uncounted};
    let mut map = Routes::new(document());

    map.add(Anyone, Uncounted, routes!(health::livez::livez));
    map.add(Anyone, Uncounted, routes!(health::readyz::readyz));

    map.add(Anyone, General, routes!(openapi::get_openapi));
    map.add(Anyone, Uncounted, routes!(openapi::get_docs));
    map.add(Anyone, Uncounted, routes!(openapi::get_docs_style));
    map.add(Anyone, Reports, routes!(csp_report::report_csp));

    map
}

/// The application: the API, the page for every other address, and the door before both.
pub fn router(state: ApiState, site: Arc<Site>, door: &Arc<Door>) -> Result<Router, RouteMistake> {
    let (router, _, _) = map().finish()?;
    Ok(guarded(router.with_state(state), site, door))
}

/// `router` with the answers for what it does not know, behind `door`.
pub fn guarded(router: Router, site: Arc<Site>, door: &Arc<Door>) -> Router {
    let refuse = async || ApiError::new(Code::MethodNotAllowed, Code::MethodNotAllowed.meaning());
    let rest =
        async move |method: Method, uri: Uri, headers: HeaderMap| site.answer(&method, uri.path(), &headers);
    door.guard(router.method_not_allowed_fallback(refuse).fallback(rest))
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
