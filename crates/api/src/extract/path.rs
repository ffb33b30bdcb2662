//! Placeholders of the address. What cannot be the name of anything is not there: 404.

use axum::extract::FromRequestParts;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::ApiError;

/// The placeholders of the route, in order: `Path<RunId>`, `Path<(String, u32)>`.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let nothing =
            || ApiError::not_found("There is nothing at this address: a part of it is no name or number.");
        // Nothing is stored that contains U+0000.
        if parts.uri.path().contains("%00") {
            return Err(nothing());
        }
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => match error.into_kind() {
                ErrorKind::ParseErrorAtKey { key, value, .. }
                | ErrorKind::DeserializeError { key, value, .. } => Err(no_such(&key, &value)),
                ErrorKind::ParseErrorAtIndex { value, .. } | ErrorKind::ParseError { value, .. } => {
                    Err(no_such("name or number", &value))
                }
                ErrorKind::InvalidUtf8InPathParam { .. } | ErrorKind::Message(_) => Err(nothing()),
                other => Err(ApiError::internal(other.to_string())),
            },
            Err(other) => Err(ApiError::internal(other)),
        }
    }
}

fn no_such(what: &str, value: &str) -> ApiError {
    let value: String = value.chars().take(64).collect();
    ApiError::not_found(format!("There is nothing at this address: `{value}` is no {what}."))
}
