//! The HTTP door: routes, what they accept, what they answer. No SQL, no model, no rule of the product.
//!
//! # To add an endpoint
//! 1. One file in the folder of its resource, `cards/archive.rs`, with all of it: the request type, the handler,
//!    its documentation. [`health`](crate::router) shows the smallest one. The handler's doc comment is the
//!    summary, its name is the operation's name and is unique (`archive_card`):
//!    ```ignore
//!    /// Rename a card
//!    #[utoipa::path(patch, path = "/api/v1/workspaces/{ws}/cards/{slug}", tag = "cards",
//!                   request_body = EditCard, responses((status = 200, body = Card)))]
//!    pub(crate) async fn edit_card(
//!        State(state): State<ApiState>,
//!        Path((ws, slug)): Path<(String, String)>,
//!        IfMatch(revision): IfMatch,
//!        Json(edit): Json<EditCard>,
//!    ) -> Result<Tagged<Card>> {
//!        let workspace = state.workspace(&ws).await?;
//!        Ok(Tagged(state.engine.edit_card(workspace, slug, revision, edit).await?))
//!    }
//!    ```
//!    Placeholders are not documented here; [`routes`] knows them (`{ws} {slug} {label} {number} {suite} {case}
//!    {provider} {model} {pull} {run} {position} {user} {session} {key} {endpoint} {share}`). Errors need no `responses`: every operation gets the problem.
//! 2. One line in [`router`] with the permission and the rate tier:
//!    `map.add(CardsWrite, General, routes!(cards::edit::edit_card));`, one `add` for each handler.
//! 3. Body types derive `Deserialize`, `garde::Validate`, `ToSchema` and have `#[serde(deny_unknown_fields)]`;
//!    query types derive `Deserialize`, `Validate`, `IntoParams` with `#[into_params(parameter_in = Query)]`, and
//!    spell out `cursor: Option<Cursor>` and `#[serde(default)] limit: PageLimit` (serde cannot flatten numbers
//!    out of a query), types of ours with `#[param(inline)]`; a list without filters takes
//!    [`extract::PageQuery`]. Take them by [`extract::Json`], [`extract::Create`] for a POST that creates,
//!    [`extract::Query`], [`extract::Path`]; an import takes `Json<T, IMPORT_LIMIT>`.
//! 4. Answer with [`extract::Json`], [`reply::Tagged`], [`reply::Created`] or [`reply::Page`].
//! 5. `make generate` writes `openapi.json`, from which the page's client is typed.

mod account;
mod assertions;
mod audit;
mod auth;
mod budget;
mod cards;
mod csp_report;
pub mod door;
pub mod extract;
mod health;
mod jwks;
mod limits;
mod links;
mod members;
pub mod metrics;
mod models;
mod openapi;
mod outbound;
mod places;
pub mod problem;
mod providers;
mod registration;
pub mod reply;
pub mod router;
pub mod routes;
mod runs;
pub mod serve;
mod session;
mod setup;
mod shared;
mod shares;
pub mod spa;
pub mod sse;
pub mod state;
mod suites;
mod transfer;
mod users;
mod workspaces;
