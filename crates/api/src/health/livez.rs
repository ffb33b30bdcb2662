//! `GET /livez`: the process answers. It asks nobody else.

use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Json;

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alive {
    /// Always `pass`: a process that cannot say so says nothing.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Ask whether the process answers
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, body = Alive)))]
pub(crate) async fn livez() -> Json<Alive> {
    Json(Alive { status: "pass" })
}
