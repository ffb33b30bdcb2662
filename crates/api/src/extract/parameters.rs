//! Headers of requests, as the document shows them: `params(IfMatch, IdempotencyHeader)`.

use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

use super::{IfMatch, IfNoneMatch, LastEventId};

/// `Idempotency-Key`, which [`Create`](super::Create) takes.
pub(crate) struct IdempotencyHeader;

impl IntoParams for IdempotencyHeader {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "1 to 255 visible characters without spaces. A repetition within a day creates nothing \
                           and gets the first answer again, with the header `Idempotent-Replayed: true`.";
        vec![header("Idempotency-Key", Required::False, description)]
    }
}

impl IntoParams for LastEventId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description =
            "The number of the last event that was seen. Browsers send it when they come again.";
        vec![header("Last-Event-ID", Required::False, description)]
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header("If-Match", Required::True, "The ETag of what is changed, as it was received.")]
    }
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header("If-None-Match", Required::False, "ETags that the reader has already.")]
    }
}

fn header(name: &str, required: Required, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))))
        .build()
}
