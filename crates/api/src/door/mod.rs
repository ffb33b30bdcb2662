//! What every request passes on its way in, and every response on its way out, in this order.
//!
//! One layer, not ten: each layer of axum costs an allocation and a clone of the route, and an order that is
//! written on one page can be checked.

mod client;
mod headers;
mod names;
mod origin;
mod pages;
mod rate;
mod reach;
mod shedding;
mod size;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use domain::caller::Caller;
use domain::ids::IdSource;
use engine::limits::Subject;
use futures_util::FutureExt;
use http::{HeaderValue, Method};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tracing::{error, info};
use uuid::Uuid;

pub(crate) use client::ClientAddress;
pub use client::TrustedProxies;
pub use headers::{Nonce, PageHeaders};
pub use origin::{NoOrigin, Origin};
pub use pages::ForeignPages;
pub use reach::Reach;
pub(crate) use shedding::Importance;

use crate::auth::{self, Access, Gate};
use crate::places::{Place, Places};
use crate::problem::{self, ApiError, Code};
use crate::routes::RateTier;
use pages::Admitted;
use rate::Counted;
use shedding::InFlight;

/// The number of a request, which stands in its answer, in the log and in the audit log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId(pub(crate) Uuid);

/// What was found out about a request on its way in.
#[derive(Default)]
struct Visit {
    counted: Counted,
    tier: Option<RateTier>,
    caller: Option<Arc<Caller>>,
}

/// Requests that may wait for a label at once. They have places of their own, or they would keep those who work
/// out; when all are woken, both together fit into the queue of the store's readers.
const WAITING: usize = 1_024;
/// After how many seconds one who found no place to wait is to come again.
const WAIT_AGAIN: u32 = 5;

/// What all requests share at the door.
pub struct Door {
    ids: Arc<dyn IdSource>,
    reach: Reach,
    /// What clients behind proxies hold of the places in flight.
    forwarded: Arc<Places>,
    in_flight: InFlight,
    waiting: Semaphore,
    panics: AtomicU64,
}

impl Door {
    /// A door of a server that is reached in this way; request ids are drawn from `ids`.
    pub fn new(ids: Arc<dyn IdSource>, reach: Reach) -> Arc<Self> {
        let (in_flight, waiting) = (InFlight::default(), Semaphore::new(WAITING));
        let forwarded = Places::new(reach.per_client);
        Arc::new(Self { ids, reach, forwarded, in_flight, waiting, panics: AtomicU64::new(0) })
    }

    /// The places of requests that wait, as far as they are free.
    pub fn waiting(&self) -> &Semaphore {
        &self.waiting
    }

    /// How many requests ended in a panic since the start. Each is a bug.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Puts the door in front of `router`, whose callers are known to `gate`. Without one they stay unknown.
    pub(crate) fn guard(self: &Arc<Self>, router: Router, gate: Option<Arc<Gate>>) -> Router {
        router.layer(from_fn_with_state(Entrance { door: Arc::clone(self), gate }, pass))
    }
}

/// The door before one router.
#[derive(Clone)]
struct Entrance {
    door: Arc<Door>,
    gate: Option<Arc<Gate>>,
}

/// What becomes of a request at the door.
enum Entry<'a> {
    /// It goes on to its handler.
    Admitted(Held<'a>),
    /// There is nothing to do but answer.
    Answered(Response),
}

/// The places that a request holds until it is answered.
#[derive(Default)]
struct Held<'a> {
    _in_flight: Option<shedding::Held<'a>>,
    _waiting: Option<SemaphorePermit<'a>>,
    _of_client: Option<Place>,
}

async fn pass(State(Entrance { door, gate }): State<Entrance>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = door.ids.next();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let path = matched.as_ref().map_or("-", MatchedPath::as_str);

    let client = door.reach.proxies.client_of(&request);
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(RequestId(request_id));
    let foreign = door.reach.pages.admit(&mut request);
    let mut visit = Visit::default();
    let (_counted, declared) = match &gate {
        Some(gate) => (Some(gate.requests().begin()), gate.access(&request)),
        None => (None, Ok(None)),
    };
    let access = declared.as_ref().ok().copied().flatten();
    let importance = Importance::of(&method, access.map(Access::declared));
    let entry = declared.and_then(|_| door.place(&request, path, importance, client, foreign.as_ref()));
    let mut response = match entry {
        Err(refusal) => refusal.into_response(),
        Ok(Entry::Answered(response)) => response,
        Ok(Entry::Admitted(_place)) => {
            let known = gate.clone().zip(access);
            let answer = answer(known, request, next, client, request_id, &mut visit);
            match AssertUnwindSafe(answer).catch_unwind().await {
                Ok(response) => response.unwrap_or_else(ApiError::into_response),
                Err(panic) => door.panicked(panic.as_ref()).into_response(),
            }
        }
    };

    let error = problem::carried(&mut response);
    if let Some(error) = &error {
        response = error.render(request_id);
        if let Some(gate) = &gate {
            gate.note(error.code(), visit.tier, visit.caller.as_deref(), client.0, request_id);
            gate.count_refusal(error, importance.as_str());
        }
    }
    headers::write(&mut response, door.reach.strict_transport);
    if let Some(foreign) = foreign {
        foreign.write(response.headers_mut());
    }
    response = visit.counted.write(response);
    if let Ok(value) =
        HeaderValue::from_str(request_id.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    {
        response.headers_mut().insert("x-request-id", value);
    }
    let took = started.elapsed();
    if let Some(gate) = &gate {
        gate.count(access, &method, response.status(), took);
    }
    log(&method, path, &response, took, request_id, error.as_deref());
    response
}

/// Finds out who sends the request, counts it, and hands it on if they may.
async fn answer(
    known: Option<(Arc<Gate>, Access)>,
    request: Request,
    next: Next,
    client: ClientAddress,
    request_id: Uuid,
    visit: &mut Visit,
) -> Result<Response, ApiError> {
    let Some((gate, access)) = known else { return Ok(next.run(request).await) };
    let (mut parts, body) = request.into_parts();
    let identified = gate.identify(&parts, access, client.0, request_id).await;
    let (tier, subject) = match &identified {
        Ok(Some(admitted)) => (access.tier, Subject::of(&admitted.caller)),
        Ok(None) => (access.tier, Subject::address(client.0)),
        // An open page whose session has ended asks so until it knows: that must not keep others of its address out.
        Err(_) => (RateTier::Refresh, Subject::address(client.0)),
    };
    visit.tier = Some(access.tier);
    visit.caller = identified.as_ref().ok().and_then(Option::as_ref).map(|it| Arc::clone(&it.caller));
    visit.counted.admit(gate.limits(), tier, subject).await?;
    parts.extensions.insert(subject);
    let Some(admitted) = identified? else {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    gate.check(&admitted).await?;
    admitted.put(&mut parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    Ok(auth::end_with_the_right_to_it(response, gate, admitted))
}

impl Door {
    /// A place for the request. Refuses what needs no look at the body.
    fn place(
        &self,
        request: &Request,
        path: &str,
        importance: Importance,
        client: ClientAddress,
        foreign: Option<&Admitted>,
    ) -> Result<Entry<'_>, ApiError> {
        size::check(request)?;
        self.reach.names.check_host(request)?;
        match foreign {
            None => self.reach.names.check_origin(request)?,
            Some(page) => {
                if let Some(permission) = page.permission() {
                    return Ok(Entry::Answered(permission));
                }
            }
        }
        if request.method() == Method::TRACE || request.method() == Method::CONNECT {
            return Err(ApiError::new(Code::MethodNotAllowed, "TRACE and CONNECT are not answered here.")
                .with_header(http::header::ALLOW, HeaderValue::from_static("GET,HEAD")));
        }
        // A probe asks whether the server lives; a full house is no reason to say that it does not.
        if matches!(path, "/livez" | "/readyz") {
            return Ok(Entry::Admitted(Held::default()));
        }
        let mut of_client = None;
        if client.is_forwarded(request) {
            of_client = self.forwarded.take(client.0).map_err(|_| {
                let detail =
                    "As many requests from your address are being answered as may. Send fewer at once.";
                ApiError::new(Code::Overloaded, detail).retry_after(1)
            })?;
        }
        let (in_flight, waiting) = if waits(request, path) {
            let place = self.waiting.try_acquire().map_err(|_| {
                let detail = "As many requests wait for a label as may. Ask without `wait`, or again after Retry-After.";
                ApiError::new(Code::Overloaded, detail).retry_after(WAIT_AGAIN)
            })?;
            (None, Some(place))
        } else {
            let full = || ApiError::new(Code::Overloaded, Code::Overloaded.meaning()).retry_after(1);
            (Some(self.in_flight.take(importance).ok_or_else(full)?), None)
        };
        Ok(Entry::Admitted(Held { _in_flight: in_flight, _waiting: waiting, _of_client: of_client }))
    }

    fn panicked(&self, panic: &(dyn Any + Send)) -> ApiError {
        self.panics.fetch_add(1, Ordering::Relaxed);
        let words = panic.downcast_ref::<&str>().map(ToString::to_string);
        let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
        ApiError::internal(format!("a handler panicked: {}", words.as_deref().unwrap_or("without words")))
    }
}

/// Whether the request is one that waits for a label: to wait is all that a query can ask for there.
fn waits(request: &Request, path: &str) -> bool {
    request.uri().query().is_some() && path.ends_with("/labels/{label}")
}

/// One line a request; never a body, never a query.
fn log(
    method: &Method,
    path: &str,
    response: &Response,
    took: Duration,
    request_id: Uuid,
    error: Option<&ApiError>,
) {
    let status = response.status().as_u16();
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let code = error.map(|error| error.code().name());
    match error.and_then(ApiError::chain) {
        // What the server waits for itself, such as its database, says so once, and not for each request.
        Some(cause) if status >= 500 && status != 503 => {
            error!(target: "http", %method, path, status, took_us, %request_id, code, cause, "request failed");
        }
        Some(cause) => {
            info!(target: "http", %method, path, status, took_us, %request_id, code, cause, "request");
        }
        None => info!(target: "http", %method, path, status, took_us, %request_id, code, "request"),
    }
}
