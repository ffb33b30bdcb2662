//! The security headers of every response.

use axum::response::Response;
use http::header::{self, HeaderName, HeaderValue};

/// A number used once: in the policy of one page and in that page.
#[derive(Debug, Clone)]
pub struct Nonce(pub String);

/// Marks a response as part of the page. Others get the policy of the API, which allows nothing.
#[derive(Debug, Clone)]
pub struct PageHeaders {
    /// The nonce of this page's own style elements, if it has any.
    pub nonce: Option<Nonce>,
}

/// The same on every response.
const ALWAYS: [(HeaderName, HeaderValue); 8] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::X_XSS_PROTECTION, HeaderValue::from_static("0")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("origin-agent-cluster"), HeaderValue::from_static("?1")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=(), display-capture=()",
        ),
    ),
];

/// Browsers ask for nothing but TLS for two years. Said only where the server has a name of its own: on `localhost` it
/// would shut every other program of the machine out.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
const REPORTING: HeaderName = HeaderName::from_static("reporting-endpoints");
const API_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");

/// Adds the headers. What the response already has stays, so that an asset may say how long it keeps.
pub(super) fn write(response: &mut Response, strict_transport: bool) {
    let page = response.extensions_mut().remove::<PageHeaders>();
    let headers = response.headers_mut();
    headers.reserve(13);
    for (name, value) in &ALWAYS {
        headers.insert(name.clone(), value.clone());
    }
    headers.insert(REPORTING, HeaderValue::from_static("csp=\"/api/v1/csp-report\""));
    if strict_transport {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    let policy = match page {
        None => {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            API_POLICY
        }
        Some(page) => page_policy(page.nonce.as_ref()),
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
}

fn page_policy(nonce: Option<&Nonce>) -> HeaderValue {
    let styles = nonce.map_or(String::new(), |nonce| format!(" 'nonce-{}'", nonce.0));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data: blob:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; \
         trusted-types promptcards; report-to csp"
    );
    // A nonce is base64url, so the text is always a header.
    HeaderValue::from_str(&policy).unwrap_or(API_POLICY)
}
