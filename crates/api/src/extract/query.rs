//! Query parameters: unknown ones and wrong values are named.

use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use garde::Validate;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::extract::json::rule_broken;
use crate::extract::push_step;
use crate::extract::sentence::field_error;
use crate::problem::{ApiError, FieldError};

/// The parameters after `?`. Give `T` `#[serde(deny_unknown_fields)]`, so that a misspelt one is not ignored.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        refuse_null(query)?;
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        let value: T = serde_path_to_error::deserialize(pairs).map_err(|error| {
            ApiError::invalid(vec![field_error(error.path(), &error.inner().to_string())])
        })?;
        match value.validate() {
            Ok(()) => Ok(Self(value)),
            Err(report) => Err(ApiError::invalid(report.into_inner().iter().map(rule_broken).collect())),
        }
    }
}

fn refuse_null(query: &str) -> Result<(), ApiError> {
    if !query.contains("%00") {
        return Ok(());
    }
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name.contains('\0') || value.contains('\0') {
            let mut pointer = String::new();
            push_step(&mut pointer, &name);
            let detail = "The text contains the character U+0000, which cannot be stored.";
            return Err(ApiError::invalid(vec![FieldError::new(pointer, detail)]));
        }
    }
    Ok(())
}

/// How many items a page may have: 1 to 200, 50 if the parameter is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "u32")]
#[schema(value_type = u32, minimum = 1, maximum = 200, default = 50)]
pub struct PageLimit(u32);

impl PageLimit {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }

    /// One more than the page may have, to see whether there is a next one.
    pub fn and_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u32> for PageLimit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, Self::Error> {
        if (1..=200).contains(&limit) { Ok(Self(limit)) } else { Err("expected a number from 1 to 200") }
    }
}

/// Where a page begins: `next_cursor` of the page before, opaque to callers, at most 512 characters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, max_length = 512)]
pub struct Cursor(String);

/// Which page of a list that takes no other parameters.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    #[param(inline)]
    #[garde(skip)]
    pub cursor: Option<Cursor>,
    /// Most items of a page.
    #[serde(default)]
    #[param(inline)]
    #[garde(skip)]
    pub limit: PageLimit,
}

impl PageQuery {
    /// The sort key of the item that the page begins after.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, ApiError> {
        self.cursor.as_ref().map(Cursor::decode).transpose()
    }
}

impl Cursor {
    /// The cursor after an item with this sort key.
    pub fn encode<K: Serialize>(key: &K) -> Result<String, ApiError> {
        Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).map_err(ApiError::internal)?))
    }

    /// The sort key inside.
    pub fn decode<K: DeserializeOwned>(&self) -> Result<K, ApiError> {
        let bytes = if self.0.len() <= 512 { URL_SAFE_NO_PAD.decode(&self.0).ok() } else { None };
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| {
            let detail =
                "This is no cursor of this list. Take `next_cursor` of the page before, or leave it out.";
            ApiError::invalid(vec![FieldError::new("/cursor", detail)])
        })
    }
}
