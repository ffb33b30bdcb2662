//! Who asks, as the door found out.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::caller::Caller;
use http::request::Parts;

use crate::problem::ApiError;

/// The caller of the request.
#[derive(Debug, Clone)]
pub struct By(pub Arc<Caller>);

impl<S: Sync> FromRequestParts<S> for By {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| ApiError::internal("the route takes a caller, and its permission needs none"))
    }
}

/// Whether the caller came by a cookie, and so with a browser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByCookie(pub(crate) bool);

impl<S: Sync> FromRequestParts<S> for ByCookie {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(Self(false)))
    }
}
