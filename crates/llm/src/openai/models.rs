//! Which models a server has, and the little that this protocol says of them.

use serde_json::Value;

use crate::error::{CallError, CallErrorKind};
use crate::facts::ModelFacts;
use crate::failure;
use crate::wire::Wire;

pub(super) async fn list(wire: &Wire) -> Result<Vec<ModelFacts>, CallError> {
    let answer: Value = wire.get_json("/models").await?;
    // Most write `data`, some a bare list.
    let models = answer.get("data").or_else(|| answer.get("models")).unwrap_or(&answer);
    let models = models.as_array().ok_or_else(|| failure::garbage("no list of models"))?;
    Ok(models.iter().filter_map(facts).collect())
}

pub(super) async fn one(wire: &Wire, model: &str) -> Result<ModelFacts, CallError> {
    list(wire).await?.into_iter().find(|facts| facts.is_named(model)).ok_or_else(|| {
        CallError::new(
            CallErrorKind::ModelMissing,
            format!("The model server does not list a model `{}`.", wire.shown(model)),
        )
    })
}

fn facts(model: &Value) -> Option<ModelFacts> {
    let name = ["id", "name", "model"].into_iter().find_map(|key| model.get(key)?.as_str())?;
    let number = |path: &str| model.pointer(path).and_then(Value::as_i64).filter(|number| *number > 0);
    Some(ModelFacts {
        name: name.to_owned(),
        // vLLM and SGLang; OpenRouter; Groq; LM Studio; llama.cpp.
        context_length: [
            "/max_model_len",
            "/context_length",
            "/context_window",
            "/max_context_length",
            "/meta/n_ctx",
            "/meta/n_ctx_train",
        ]
        .into_iter()
        .find_map(number),
        size_bytes: number("/meta/size"),
        ..ModelFacts::default()
    })
}
