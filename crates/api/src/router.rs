//! The whole URL map.

use std::sync::Arc;

use axum::Router;
use domain::permission::Permission::{
    AccountRead, AccountWrite, Anyone, AuditRead, CardsExport, CardsRead, CardsWrite, HealthRead,
    MembersRead, MembersWrite, ProvidersControl, ProvidersRead, ProvidersWrite, RunsControl, RunsRead,
    ServerRead, ServerWrite, SharesWrite, SignInWrite, UsersRead, UsersWrite,
};
use http::{HeaderMap, Method, Uri};
use utoipa::openapi::{Info, OpenApi};
use utoipa_axum::routes;

use crate::auth::Gate;
use crate::door::Door;
use crate::problem::{ApiError, Code};
use crate::routes::RateTier::{Ai, Auth, Events, Export, General, Refresh, Reports, Uncounted};
use crate::routes::{Declaration, RouteMistake, Routes};
use crate::spa::Site;
use crate::state::ApiState;
use crate::{
    account, assertions, audit, budget, cards, csp_report, health, jwks, limits, links, members, metrics,
    models, openapi, outbound, providers, registration, runs, session, setup, shared, shares, suites,
    transfer, users, workspaces,
};

/// Every address of the API, with the permission and the rate tier of each.
fn map() -> Routes<ApiState> {
    let mut map = Routes::new(document());
    server(&mut map);
    signing_in(&mut map);
    people(&mut map);
    cards(&mut map);
    runs(&mut map);
    sharing(&mut map);
    map
}

/// The server itself: whether it is well, its description, what it calls, its audit log.
fn server(map: &mut Routes<ApiState>) {
    map.add(Anyone, Uncounted, routes!(health::livez::livez));
    map.add(Anyone, Uncounted, routes!(health::readyz::readyz));
    map.add(HealthRead, General, routes!(metrics::get_metrics));
    map.add(HealthRead, General, routes!(health::report::get_health));
    map.add(ServerWrite, General, routes!(health::open_breaker::open_breaker));
    map.add(ServerWrite, General, routes!(health::close_breaker::close_breaker));
    map.add(Anyone, General, routes!(jwks::get_public_keys));
    map.add(ServerRead, General, routes!(outbound::list::list_endpoints));
    map.add(ServerWrite, General, routes!(outbound::add::add_endpoint));
    map.add(ServerWrite, General, routes!(outbound::remove::remove_endpoint));
    map.add(ServerRead, General, routes!(outbound::hosts::list_contacted_hosts));
    map.add(AuditRead, General, routes!(audit::list::list_audit_lines));
    map.add(AuditRead, General, routes!(audit::export::export_audit));
    map.add(AuditRead, General, routes!(audit::verify::verify_audit));
    map.add(Anyone, General, routes!(openapi::get_openapi));
    map.add(Anyone, Uncounted, routes!(openapi::get_docs));
    map.add(Anyone, Uncounted, routes!(openapi::get_docs_style));
    map.add(Anyone, Reports, routes!(csp_report::report_csp));
}

/// How somebody gets an account and a session.
fn signing_in(map: &mut Routes<ApiState>) {
    map.add(Anyone, Refresh, routes!(setup::get::get_setup));
    map.add(Anyone, Auth, routes!(setup::finish::finish_setup));
    map.add(Anyone, Auth, routes!(session::sign_in::sign_in));
    map.add(AccountRead, Refresh, routes!(session::get::get_session));
    map.add(AccountWrite, Refresh, routes!(session::sign_out::sign_out));
    map.add(Anyone, Refresh, routes!(session::refresh::refresh_session));
    map.add(Anyone, Refresh, routes!(session::csrf::get_csrf_token));
    map.add(AccountWrite, Auth, routes!(session::confirm::confirm_session));
    map.add(Anyone, Refresh, routes!(registration::get::get_registration));
    map.add(Anyone, Auth, routes!(registration::register::register));
    map.add(Anyone, Auth, routes!(links::look::look_at_link));
    map.add(Anyone, Auth, routes!(links::accept::accept_link));
}

/// Accounts, workspaces and their members, and what each may use.
fn people(map: &mut Routes<ApiState>) {
    map.add(AccountRead, General, routes!(account::get::get_account));
    map.add(SignInWrite, General, routes!(account::edit::edit_account));
    map.add(AccountWrite, Auth, routes!(account::password::change_password));
    map.add(SignInWrite, General, routes!(account::two_factor::begin::begin_two_factor));
    map.add(AccountWrite, Auth, routes!(account::two_factor::remove::remove_two_factor));
    map.add(AccountWrite, Auth, routes!(account::two_factor::confirm::confirm_two_factor));
    map.add(AccountWrite, Auth, routes!(account::two_factor::renew_codes::renew_recovery_codes));
    map.add(AccountRead, General, routes!(account::sessions::list::list_own_sessions));
    map.add(AccountWrite, General, routes!(account::sessions::end_others::end_other_own_sessions));
    map.add(AccountWrite, General, routes!(account::sessions::end::end_own_session));
    map.add(AccountRead, General, routes!(account::api_keys::list::list_own_api_keys));
    map.add(AccountWrite, General, routes!(account::api_keys::create::create_api_key));
    map.add(AccountWrite, General, routes!(account::api_keys::revoke::revoke_own_api_key));
    map.add(AccountWrite, General, routes!(account::api_keys::budget::set_api_key_budget));
    map.add(UsersRead, General, routes!(users::list::list_users));
    map.add(UsersWrite, General, routes!(users::invite::invite_user));
    map.add(UsersRead, General, routes!(users::get::get_user));
    map.add(UsersWrite, General, routes!(users::edit::edit_user));
    map.add(UsersWrite, General, routes!(users::erase::erase_user));
    map.add(UsersWrite, General, routes!(users::reset_link::create_reset_link));
    map.add(UsersWrite, General, routes!(users::end_sessions::end_sessions_of_user));
    map.add(UsersRead, General, routes!(users::api_keys::list::list_api_keys_of_user));
    map.add(UsersWrite, General, routes!(users::api_keys::revoke::revoke_api_key_of_user));
    map.add(AccountRead, General, routes!(workspaces::list::list_workspaces));
    map.add(UsersWrite, General, routes!(workspaces::create::create_workspace));
    map.add(MembersWrite, General, routes!(workspaces::rename::rename_workspace));
    map.add(UsersWrite, General, routes!(workspaces::enter::enter_workspace));
    map.add(MembersRead, General, routes!(members::list::list_members));
    map.add(MembersWrite, General, routes!(members::add::add_member));
    map.add(MembersWrite, General, routes!(members::put::put_member));
    map.add(MembersWrite, General, routes!(members::remove::remove_member));
    map.add(AccountRead, General, routes!(limits::get_limits));
    map.add(MembersRead, General, routes!(budget::get_budget));
    map.add(MembersWrite, General, routes!(budget::set_budget));
}

/// Cards, suites and cases.
fn cards(map: &mut Routes<ApiState>) {
    map.add(CardsRead, General, routes!(cards::list::list_cards));
    map.add(CardsWrite, General, routes!(cards::create::create_card));
    map.add(CardsRead, General, routes!(cards::facets::get_card_facets));
    map.add(CardsRead, General, routes!(cards::get::get_card));
    map.add(CardsWrite, General, routes!(cards::edit::edit_card));
    map.add(CardsWrite, General, routes!(cards::archive::archive_card));
    map.add(CardsWrite, General, routes!(cards::restore::restore_card));
    map.add(CardsWrite, General, routes!(cards::duplicate::duplicate_card));
    map.add(CardsRead, General, routes!(cards::draft::get::get_draft));
    map.add(CardsWrite, General, routes!(cards::draft::edit::edit_draft));
    map.add(CardsWrite, General, routes!(cards::draft::discard::discard_draft));
    map.add(CardsRead, General, routes!(cards::versions::list::list_versions));
    map.add(CardsWrite, General, routes!(cards::versions::save::save_version));
    map.add(CardsRead, General, routes!(cards::versions::get::get_version));
    map.add(CardsRead, General, routes!(cards::labels::list::list_labels));
    map.add(CardsRead, General, routes!(cards::labels::get::get_label));
    map.add(CardsWrite, General, routes!(cards::labels::put::move_label));
    map.add(CardsWrite, General, routes!(cards::labels::remove::remove_label));
    map.add(CardsRead, General, routes!(cards::labels::history::get_label_history));
    map.add(CardsRead, General, routes!(cards::render::render_card));
    map.add(CardsRead, General, routes!(cards::preview::preview_template));
    map.add(CardsWrite, General, routes!(cards::samples::load_samples));
    map.add(CardsExport, Export, routes!(transfer::export::export_cards));
    map.add(CardsWrite, General, routes!(transfer::import::import_cards));
    map.add(CardsRead, General, routes!(suites::list::list_suites));
    map.add(CardsRead, General, routes!(suites::get::get_suite));
    map.add(CardsWrite, General, routes!(suites::rename::rename_suite));
    map.add(CardsRead, General, routes!(suites::cases::list::list_cases));
    map.add(CardsWrite, General, routes!(suites::cases::create::create_case));
    map.add(CardsWrite, General, routes!(suites::cases::import::import_cases));
    map.add(CardsRead, General, routes!(suites::cases::get::get_case));
    map.add(CardsWrite, General, routes!(suites::cases::edit::edit_case));
    map.add(CardsWrite, General, routes!(suites::cases::delete::delete_case));
    map.add(CardsWrite, General, routes!(suites::cases::restore::restore_case));
    map.add(Anyone, General, routes!(assertions::types::list_assertion_types));
    map.add(CardsRead, General, routes!(assertions::try_assertions::try_assertions));
}

/// Model servers and runs.
fn runs(map: &mut Routes<ApiState>) {
    map.add(ProvidersRead, General, routes!(providers::list::list_providers));
    map.add(ProvidersWrite, General, routes!(providers::create::add_provider));
    map.add(ProvidersRead, General, routes!(providers::get::get_provider));
    map.add(ProvidersWrite, General, routes!(providers::edit::edit_provider));
    map.add(ProvidersWrite, General, routes!(providers::delete::remove_provider));
    map.add(ProvidersWrite, General, routes!(providers::key::set_provider_key));
    map.add(ProvidersWrite, General, routes!(providers::key::clear_provider_key));
    map.add(ProvidersWrite, General, routes!(providers::endpoints::list_endpoints_of_workspace));
    map.add(ProvidersRead, General, routes!(models::list::list_models));
    map.add(ProvidersControl, General, routes!(models::pulls::start::pull_model));
    map.add(ProvidersControl, General, routes!(models::delete::delete_model));
    map.add(ProvidersRead, General, routes!(models::pulls::list::list_pulls));
    map.add(ProvidersRead, General, routes!(models::pulls::get::get_pull));
    map.add(ProvidersRead, Events, routes!(models::pulls::events::follow_pull));
    map.add(ProvidersControl, General, routes!(models::pulls::cancel::cancel_pull));
    map.add(ProvidersControl, General, routes!(models::diagnose::diagnose_provider));
    map.add(RunsRead, General, routes!(runs::list::list_runs));
    map.add(RunsControl, Ai, routes!(runs::start::start_run));
    map.add(RunsRead, General, routes!(runs::estimate::estimate_run));
    map.add(RunsRead, General, routes!(runs::get::get_run));
    map.add(RunsControl, General, routes!(runs::pause::pause_run));
    map.add(RunsControl, General, routes!(runs::resume::resume_run));
    map.add(RunsControl, General, routes!(runs::cancel::cancel_run));
    map.add(RunsControl, Ai, routes!(runs::retry::retry_run_errors));
    map.add(RunsControl, General, routes!(runs::keep::keep_run));
    map.add(RunsControl, General, routes!(runs::unkeep::unkeep_run));
    map.add(RunsControl, General, routes!(runs::delete::delete_run));
    map.add(RunsRead, General, routes!(runs::waits::get_run_waits));
    map.add(RunsRead, General, routes!(runs::rows::get_run_rows));
    map.add(RunsRead, General, routes!(runs::cases::list_run_cases));
    map.add(RunsRead, General, routes!(runs::cells::list_cells));
    map.add(RunsRead, General, routes!(runs::cell::get_cell));
    map.add(RunsRead, General, routes!(runs::results::list_results));
    map.add(RunsRead, Events, routes!(runs::events::follow_run));
}

/// Letting others read one card or one run.
fn sharing(map: &mut Routes<ApiState>) {
    map.add(SharesWrite, General, routes!(shares::list::list_shares));
    map.add(SharesWrite, General, routes!(shares::create::create_share));
    map.add(SharesWrite, General, routes!(shares::revoke::revoke_share));
    map.add(Anyone, Auth, routes!(shared::look::look_at_shared));
    map.add(AccountRead, General, routes!(shared::list::list_shared));
    map.add(AccountRead, General, routes!(shared::get::get_shared));
}

/// The application: the API, the page for every other address, and the door before both.
pub fn router(state: ApiState, site: Arc<Site>, door: &Arc<Door>) -> Result<Router, RouteMistake> {
    let (router, _, declarations) = map().finish()?;
    let gate = Gate::new(state.clone(), declarations);
    Ok(complete(router.with_state(state), site, door, Some(gate)))
}

/// `router` with the answers for what it does not know, behind `door`. Its routes declare nothing and have no caller.
pub fn guarded(router: Router, site: Arc<Site>, door: &Arc<Door>) -> Router {
    complete(router, site, door, None)
}

fn complete(router: Router, site: Arc<Site>, door: &Arc<Door>, gate: Option<Arc<Gate>>) -> Router {
    let refuse = async || ApiError::new(Code::MethodNotAllowed, Code::MethodNotAllowed.meaning());
    let rest =
        async move |method: Method, uri: Uri, headers: HeaderMap| site.answer(&method, uri.path(), &headers);
    door.guard(router.method_not_allowed_fallback(refuse).fallback(rest), gate)
}

/// What every route declares.
pub fn declarations() -> Result<Vec<Declaration>, RouteMistake> {
    map().finish().map(|(_, _, declared)| declared)
}

/// The OpenAPI 3.1 document, indented, the same text for the same code.
pub fn openapi() -> Result<String, RouteMistake> {
    let (_, document, _) = map().finish()?;
    let document = serde_json::to_value(&document).map(openapi::refine).unwrap_or_default();
    let mut text = format!("{document:#}");
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
