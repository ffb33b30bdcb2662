//! Whether a request may be answered: what its route declares, who sends it, and whether they may.

mod attempt;
mod cookies;
mod credential;
mod refusal;
mod stream;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use domain::audit::Action;
use domain::caller::Caller;
use domain::grant::{self, Membership};
use domain::permission::{Permission, Rule};
use engine::limits::Limits;
use engine::people::{ClientInfo, People};
use engine::{Denial, Error};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use uuid::Uuid;

pub(crate) use attempt::{attempt, attempt_again, attempt_link};
pub(crate) use cookies::{Cookies, Kept};
pub(crate) use refusal::{csrf_failed, sign_in_required};
pub(crate) use stream::end_with_the_right_to_it;

use crate::extract::{By, ByCookie};
use crate::metrics::{Requests, RouteRequests};
use crate::problem::{ApiError, Code, Result};
use crate::routes::{Declaration, RateTier};
use crate::state::ApiState;
use credential::Shown;

/// Proves that the page of a session sends a change, and not a page elsewhere.
const CSRF_HEADER: &str = "x-csrf-token";
/// What a browser says of a change in one way or another.
const FROM_WHERE: [&str; 3] = ["sec-fetch-site", "origin", "referer"];

/// What stands before the routes: what they declare, and the engine, which knows the callers.
pub(crate) struct Gate {
    state: ApiState,
    declared: HashMap<String, Vec<Access>>,
    /// What is counted of each route, by its number.
    requests: Vec<RouteRequests>,
}

/// What a route declares for one method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    method: &'static str,
    permission: Permission,
    pub(crate) tier: RateTier,
    /// Its number among all routes.
    number: usize,
}

impl Access {
    /// What a caller needs, and how they are counted.
    pub(crate) const fn declared(self) -> (Permission, RateTier) {
        (self.permission, self.tier)
    }
}

/// Who a request is from, and what they were let in for.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    pub(crate) caller: Arc<Caller>,
    permission: Permission,
    /// The slug that the address names.
    workspace: Option<String>,
    by_cookie: bool,
}

impl Gate {
    pub(crate) fn new(state: ApiState, declarations: Vec<Declaration>) -> Arc<Self> {
        let mut declared: HashMap<String, Vec<Access>> = HashMap::new();
        let mut requests = Vec::with_capacity(declarations.len());
        for (number, Declaration { method, path, permission, tier, .. }) in
            declarations.into_iter().enumerate()
        {
            requests.push(RouteRequests::new(method, path.clone()));
            declared.entry(path).or_default().push(Access { method, permission, tier, number });
        }
        Arc::new(Self { state, declared, requests })
    }

    /// All requests.
    pub(crate) fn requests(&self) -> &Requests {
        &self.state.metrics.requests
    }

    /// Counts an answer.
    pub(crate) fn count(&self, access: Option<Access>, method: &Method, status: StatusCode, took: Duration) {
        match access {
            Some(access) => self.requests().answered(&self.requests[access.number], status.as_u16(), took),
            None => self.requests().answered_elsewhere(method, status.as_u16(), took),
        }
    }

    /// Counts an answer that is an error for what the server or its limits refuse.
    pub(crate) fn count_refusal(&self, error: &ApiError, class: &'static str) {
        match error.code() {
            Code::Overloaded => self.requests().shed(class),
            Code::RateLimited => {
                for limit in error.violated_policies() {
                    self.requests().limited(limit);
                }
            }
            _ => {}
        }
    }

    /// How much each may do.
    pub(crate) fn limits(&self) -> &Limits {
        self.state.engine.limits()
    }

    /// What the route of a request declares. None: it is no route, but the page, one of its files, or something that
    /// the router refuses.
    pub(crate) fn access(&self, request: &Request) -> Result<Option<Access>> {
        let Some(path) = request.extensions().get::<MatchedPath>() else { return Ok(None) };
        let Some(of_path) = self.declared.get(path.as_str()) else {
            return Err(ApiError::internal("a route that declares nothing"));
        };
        let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
        Ok(of_path.iter().find(|access| access.method == method).copied())
    }

    /// Who sends a request, by the credential that it shows. None: the route asks for none, and none is looked at.
    pub(crate) async fn identify(
        &self,
        parts: &Parts,
        access: Access,
        address: IpAddr,
        request: Uuid,
    ) -> Result<Option<Admitted>> {
        if access.permission.rule() == Rule::Anyone {
            return Ok(None);
        }
        let shown = credential::shown(&parts.headers, self.state.cookies)?.ok_or_else(sign_in_required)?;
        let people = self.state.engine.people();
        let caller = match shown {
            Shown::Token(token) | Shown::Cookie(token) => people.authenticate_access(token).await?,
            Shown::Key(text) => people.authenticate_key(text, Some(address)).await?,
        };
        let caller = Caller { address: Some(address), request: Some(request), ..caller };
        let by_cookie = matches!(shown, Shown::Cookie(_));
        if by_cookie && !matches!(parts.method, Method::GET | Method::HEAD) {
            check_csrf(people, &caller, &parts.headers).await?;
        }
        let workspace = workspace_of(parts).map(str::to_owned);
        Ok(Some(Admitted { caller: Arc::new(caller), permission: access.permission, workspace, by_cookie }))
    }

    /// Refuses what the caller may not do.
    pub(crate) async fn check(&self, admitted: &Admitted) -> Result<()> {
        let people = self.state.engine.people();
        let slug = admitted.workspace.as_deref();
        let membership = match (slug, admitted.caller.user) {
            (Some(slug), Some(user)) => {
                let workspace = self.state.workspace(slug).await?;
                let role = people.workspace_role(user, workspace).await?;
                Some(Membership { workspace, role })
            }
            _ => None,
        };
        grant::check(admitted.permission, &admitted.caller, membership, people.now()).map_err(|denial| {
            if denial == grant::Denial::Hidden {
                note_hidden(&self.state, &admitted.caller);
            }
            refusal::denied(denial, slug.unwrap_or_default())
        })
    }

    /// Writes down that a request was refused: whatever its caller may not do, and too many tries of a secret.
    pub(crate) fn note(
        &self,
        code: Code,
        tier: Option<RateTier>,
        caller: Option<&Caller>,
        address: IpAddr,
        request: Uuid,
    ) {
        let action = match code.status() {
            StatusCode::FORBIDDEN => Action::Forbidden,
            StatusCode::TOO_MANY_REQUESTS if tier == Some(RateTier::Auth) => Action::RateLimited,
            _ => return,
        };
        let engine = &self.state.engine;
        match caller {
            Some(caller) => engine.note_refusal(caller, action, code.name()),
            None => engine.note_anonymous_refusal(Some(address), Some(request), action, code.name()),
        }
    }

    /// Refuses whose session or key has ended meanwhile, or who may not do it any more.
    async fn check_again(&self, admitted: &Admitted) -> Result<()> {
        let caller = Arc::new(self.state.engine.people().authenticate_again(&admitted.caller).await?);
        self.check(&Admitted { caller, ..admitted.clone() }).await
    }
}

impl Admitted {
    /// What handlers take.
    pub(crate) fn put(&self, parts: &mut Parts) {
        parts.extensions.insert(By(Arc::clone(&self.caller)));
        parts.extensions.insert(ByCookie(self.by_cookie));
    }
}

/// Writes down, as one that is answered with 403, the refusal of something that is hidden from who asks: of the answer,
/// 404, nobody can tell it from one about something that is not there. Those are not written down.
pub(crate) fn note_hidden(state: &ApiState, caller: &Caller) {
    state.engine.note_refusal(caller, Action::Forbidden, "hidden");
}

/// Refuses a change by cookie that does not show a token of the session, or not where it comes from: every browser
/// says that of a change, and the door has looked whether it is here.
pub(crate) async fn check_csrf(people: &People, caller: &Caller, headers: &HeaderMap) -> Result<()> {
    if !FROM_WHERE.iter().any(|name| headers.contains_key(*name)) {
        return Err(csrf_failed());
    }
    let mut given = headers.get_all(CSRF_HEADER).iter();
    let token = match (given.next(), given.next()) {
        (Some(token), None) => token.to_str().unwrap_or_default(),
        _ => return Err(csrf_failed()),
    };
    if people.check_csrf(caller, token).await? { Ok(()) } else { Err(csrf_failed()) }
}

/// Who a browser is, whose access token may have expired.
pub(crate) async fn of_either_cookie(state: &ApiState, headers: &HeaderMap) -> Result<Caller> {
    let expired = match state.cookies.access(headers)? {
        None => None,
        Some(token) => match state.engine.people().authenticate_access(token).await {
            Ok(caller) => return Ok(caller),
            Err(error @ Error::Denied { kind: Denial::Token, .. }) => Some(error),
            Err(error) => return Err(error.into()),
        },
    };
    match (state.cookies.refresh(headers)?, expired) {
        (Some(token), _) => Ok(state.engine.people().authenticate_refresh(token).await?),
        (None, Some(error)) => Err(error.into()),
        (None, None) => Err(sign_in_required()),
    }
}

/// Ends the session that a browser had before it signed in, of whoever it was: its cookies are about to be overwritten,
/// and what this browser cannot end any more must not go on. Cookies that belong to no session, or that somebody planted
/// beside them, are no reason to refuse a sign-in.
pub(crate) async fn end_session_before(
    state: &ApiState,
    headers: &HeaderMap,
    client: &ClientInfo,
) -> Result<()> {
    let people = state.engine.people();
    let end = async |found: engine::Result<Caller>| match found {
        Ok(caller) => {
            people.sign_out(&Caller { address: client.address, request: client.request, ..caller }).await
        }
        Err(Error::Denied { kind: Denial::Token, .. }) => Ok(()),
        Err(error) => Err(error),
    };
    if let Ok(Some(token)) = state.cookies.access(headers) {
        end(people.authenticate_access(token).await).await?;
    }
    // The access token is over in minutes, and the two may be of different sessions.
    if let Ok(Some(token)) = state.cookies.refresh(headers) {
        end(people.authenticate_refresh(token).await).await?;
    }
    Ok(())
}

/// The segment of the address where the route has `{ws}`. No slug has a character that is escaped in an address, so that
/// the handler cannot read another one out of it.
fn workspace_of(parts: &Parts) -> Option<&str> {
    let route = parts.extensions.get::<MatchedPath>()?.as_str();
    route
        .split('/')
        .zip(parts.uri.path().split('/'))
        .find_map(|(name, value)| (name == "{ws}").then_some(value))
}
