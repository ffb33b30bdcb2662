//! Which models a server has, and the little that this protocol says of them.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{CallError, CallErrorKind};
use crate::facts::ModelFacts;
use crate::failure;
use crate::json::{Few, count, word};
use crate::wire::{self, Wire};

/// More models than any server offers.
const MOST: usize = 10_000;

type Models<'a> = Few<&'a RawValue, MOST>;

/// Most write `data`, some a bare list.
#[derive(Deserialize)]
struct Listing<'a> {
    #[serde(borrow, default)]
    data: Option<Models<'a>>,
    #[serde(borrow, default)]
    models: Option<Models<'a>>,
}

#[derive(Deserialize)]
struct Offered<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    // Of vLLM and SGLang.
    #[serde(borrow, default)]
    max_model_len: Option<&'a RawValue>,
    // Of OpenRouter.
    #[serde(borrow, default)]
    context_length: Option<&'a RawValue>,
    // Of Groq.
    #[serde(borrow, default)]
    context_window: Option<&'a RawValue>,
    // Of LM Studio.
    #[serde(borrow, default)]
    max_context_length: Option<&'a RawValue>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
}

/// Of llama.cpp.
#[derive(Default, Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default)]
    n_ctx: Option<&'a RawValue>,
    #[serde(borrow, default)]
    n_ctx_train: Option<&'a RawValue>,
    #[serde(borrow, default)]
    size: Option<&'a RawValue>,
}

pub(super) async fn list(wire: &Wire) -> Result<Vec<ModelFacts>, CallError> {
    let body = wire.get("/models").await?;
    let Few(models) = if body.trim_ascii_start().starts_with(b"[") {
        wire::parsed(&body)?
    } else {
        let Listing { data, models } = wire::parsed(&body)?;
        data.or(models).ok_or_else(|| failure::garbage("no list of models"))?
    };
    Ok(models.into_iter().filter_map(facts).collect())
}

pub(super) async fn one(wire: &Wire, model: &str) -> Result<ModelFacts, CallError> {
    list(wire).await?.into_iter().find(|facts| facts.is_named(model)).ok_or_else(|| {
        CallError::new(
            CallErrorKind::ModelMissing,
            format!("The model server does not list a model `{}`.", wire.shown(model)),
        )
    })
}

fn facts(model: &RawValue) -> Option<ModelFacts> {
    let model: Offered<'_> = serde_json::from_str(model.get()).ok()?;
    let meta = model.meta.and_then(|meta| serde_json::from_str(meta.get()).ok());
    let Meta { n_ctx, n_ctx_train, size } = meta.unwrap_or_default();
    let number = |value| count(value).filter(|number| *number > 0);
    let lengths = [
        model.max_model_len,
        model.context_length,
        model.context_window,
        model.max_context_length,
        n_ctx,
        n_ctx_train,
    ];
    Some(ModelFacts {
        name: [model.id, model.name, model.model].into_iter().find_map(word)?,
        context_length: lengths.into_iter().find_map(number),
        size_bytes: number(size),
        ..ModelFacts::default()
    })
}
