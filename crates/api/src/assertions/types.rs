//! `GET /api/v1/assertion-types`.

use domain::assertion::{self, AssertionType};

use crate::extract::Json;
use crate::reply::Page;

/// List the types of assertions
#[utoipa::path(get, path = "/api/v1/assertion-types", tag = "assertions",
    responses((status = 200, body = Page<AssertionType>)))]
pub(crate) async fn list_assertion_types() -> Json<Page<AssertionType>> {
    Json(Page::whole(assertion::types()))
}
