//! Which models an Ollama server has, and what it says of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::stream;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess};
use serde_json::json;

use crate::body;
use crate::error::{CallError, CallErrorKind};
use crate::facts::{LoadedModel, ModelFacts, same_model};
use crate::failure;
use crate::json::Few;
use crate::wire::Wire;

/// How many models are asked about at once.
const AT_ONCE: usize = 4;
/// More models than any server has.
const MOST: usize = 10_000;
/// More than a model can do.
const MOST_CAPABILITIES: usize = 100;

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    models: Few<Tag, MOST>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    digest: Option<String>,
    size: Option<i64>,
    #[serde(default)]
    details: Option<Details>,
}

#[derive(Default, Deserialize)]
struct Details {
    family: Option<String>,
    parameter_size: Option<String>,
    quantization_level: Option<String>,
}

#[derive(Deserialize)]
struct Running {
    #[serde(default)]
    models: Few<RunningModel, MOST>,
}

#[derive(Deserialize)]
struct RunningModel {
    name: String,
    digest: Option<String>,
    context_length: Option<i64>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct Show {
    #[serde(default)]
    details: Option<Details>,
    #[serde(default)]
    model_info: Option<Info>,
    #[serde(default)]
    capabilities: Option<Few<String, MOST_CAPABILITIES>>,
}

/// What a model's file says of the model. The rest of it, such as all its tokens, may be megabytes.
#[derive(Default)]
struct Info {
    architecture: Option<String>,
    /// The contexts that it names, by their full names.
    context_lengths: Vec<(String, Option<i64>)>,
}

/// What `/api/show` alone knows of a model.
#[derive(Debug, Clone, Default)]
struct Shown {
    context_length: Option<i64>,
    capabilities: Vec<String>,
}

/// What `/api/show` said, by digest: of one digest it never says anything else.
#[derive(Debug, Default)]
pub(super) struct ShownModels(Mutex<HashMap<String, Shown>>);

impl ShownModels {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Shown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn list(wire: &Wire, shown: &ShownModels) -> Result<Vec<ModelFacts>, CallError> {
    let tags: Tags = wire.get_json("/api/tags").await?;
    // A server without `/api/ps` still has models.
    let running = loaded(wire).await.unwrap_or_default();
    let models = stream::iter(tags.models.0)
        .map(|tag| async {
            let Shown { context_length, capabilities } = shown_of(wire, shown, &tag).await;
            ModelFacts {
                loaded: running.iter().any(|model| same_model(&model.name, &tag.name)),
                context_length,
                capabilities,
                ..facts(tag)
            }
        })
        .buffered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    shown.lock().retain(|digest, _| models.iter().any(|model| model.digest.as_ref() == Some(digest)));
    Ok(models)
}

async fn shown_of(wire: &Wire, shown: &ShownModels, tag: &Tag) -> Shown {
    if let Some(known) = tag.digest.as_ref().and_then(|digest| shown.lock().get(digest).cloned()) {
        return known;
    }
    match show(wire, &tag.name).await {
        Ok(answer) => {
            let found = answer.shown();
            if let Some(digest) = &tag.digest {
                shown.lock().insert(digest.clone(), found.clone());
            }
            found
        }
        // The model may just have been removed; the next list knows.
        Err(error) => {
            tracing::debug!(model = tag.name, error = error.kind.as_str(), "model not shown");
            Shown::default()
        }
    }
}

pub(super) async fn one(wire: &Wire, model: &str) -> Result<ModelFacts, CallError> {
    let answer = show(wire, model).await?;
    let tags: Tags = wire.get_json("/api/tags").await?;
    let running = loaded(wire).await.unwrap_or_default();
    let tag = tags.models.0.into_iter().find(|tag| same_model(&tag.name, model)).ok_or_else(|| {
        CallError::new(
            CallErrorKind::ModelMissing,
            format!("The model server does not list a model `{}`.", failure::shown(model)),
        )
    })?;
    let Shown { context_length, capabilities } = answer.shown();
    let loaded = running.iter().any(|running| same_model(&running.name, model));
    let details = tag.details.is_none().then_some(answer.details).flatten();
    let tag = Tag { details: tag.details.or(details), ..tag };
    Ok(ModelFacts { context_length, loaded, capabilities, ..facts(tag) })
}

async fn show(wire: &Wire, model: &str) -> Result<Show, CallError> {
    let body = body::to_bytes(&json!({ "model": model }))?;
    wire.post_json("/api/show", body, model).await
}

pub(super) async fn loaded(wire: &Wire) -> Result<Vec<LoadedModel>, CallError> {
    let running: Running = wire.get_json("/api/ps").await?;
    let model = |RunningModel { name, digest, context_length }| LoadedModel {
        name,
        digest: filled(digest),
        context_length: context_length.filter(|length| *length > 0),
    };
    Ok(running.models.0.into_iter().map(model).collect())
}

pub(super) async fn version(wire: &Wire) -> Result<String, CallError> {
    let answer: Version = wire.get_json("/api/version").await?;
    Ok(failure::shown(&answer.version))
}

impl Show {
    fn shown(&self) -> Shown {
        Shown {
            context_length: self.model_info.as_ref().and_then(Info::context_length),
            capabilities: self.capabilities.as_ref().map(|Few(known)| known.clone()).unwrap_or_default(),
        }
    }
}

impl Info {
    /// The context a model was made for stands under the name of its architecture: `llama.context_length`.
    fn context_length(&self) -> Option<i64> {
        let name = format!("{}.context_length", self.architecture.as_ref()?);
        self.context_lengths.iter().find(|(known, _)| *known == name)?.1
    }
}

impl<'de> Deserialize<'de> for Info {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Info;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Info, A::Error> {
                let mut info = Info::default();
                while let Some(name) = fields.next_key::<String>()? {
                    if name == "general.architecture" {
                        info.architecture = fields.next_value()?;
                    } else if name.ends_with(".context_length") {
                        info.context_lengths.push((name, fields.next_value()?));
                    } else {
                        fields.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(info)
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn facts(tag: Tag) -> ModelFacts {
    let details = tag.details.unwrap_or_default();
    ModelFacts {
        name: tag.name,
        digest: filled(tag.digest),
        family: filled(details.family),
        parameter_size: filled(details.parameter_size),
        quantization: filled(details.quantization_level),
        size_bytes: tag.size,
        ..ModelFacts::default()
    }
}

/// Ollama writes an empty text for what it does not know.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
