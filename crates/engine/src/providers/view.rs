//! A provider as it is shown.

use domain::cost::NanoDollars;
use domain::ids::ProviderId;
use llm::{Guarded, ModelPrice, ProviderKind};
use serde::{Deserialize, Serialize};
use store::models::ProviderRow;
use utoipa::ToSchema;

use crate::error::{Error, Result};

/// What the tokens of a model cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The model's name, as the provider lists it.
    #[schema(min_length = 1, max_length = 200)]
    pub model: String,
    /// A million tokens of prompt, in US dollars.
    pub prompt_usd: NanoDollars,
    /// A million tokens of answer, in US dollars.
    pub completion_usd: NanoDollars,
}

impl From<Price> for ModelPrice {
    fn from(price: Price) -> Self {
        let Price { model, prompt_usd, completion_usd } = price;
        Self { model, prompt_usd, completion_usd }
    }
}

impl From<&ModelPrice> for Price {
    fn from(price: &ModelPrice) -> Self {
        Self {
            model: price.model.clone(),
            prompt_usd: price.prompt_usd,
            completion_usd: price.completion_usd,
        }
    }
}

/// A model server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provider {
    /// The provider.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// Its kind: `ollama`, `openai` or `simulated`.
    pub kind: String,
    /// Its address, where it has one.
    pub base_url: Option<String>,
    /// How many calls it is given at once.
    pub concurrency: i64,
    /// Whether its answers are simulated.
    pub simulated: bool,
    /// Whether it comes from the configuration of the server, where alone it is changed.
    pub configured: bool,
    /// Whether its calls carry a key. Nobody can read it.
    pub has_key: bool,
    /// What the tokens of its models cost.
    pub prices: Vec<Price>,
    /// Why it may not be called now, in a sentence. None: it may.
    pub refused: Option<String>,
    /// Grows with every change: its ETag, for `If-Match`. 0 where it is configured.
    pub revision: i64,
}

/// A row with the server that it is about; `revision` of one that was saved.
pub(crate) fn view(row: ProviderRow, server: &Guarded, revision: Option<i64>) -> Provider {
    Provider {
        id: row.id,
        simulated: server.is_simulated(),
        name: row.name,
        // What the row says of a configured one may be older than this start.
        kind: server.kind().as_str().to_owned(),
        base_url: server.base_url().map(str::to_owned),
        concurrency: server.concurrency().into(),
        configured: revision.is_none(),
        has_key: server.has_key(),
        prices: server.prices().iter().map(Price::from).collect(),
        refused: server.refused(),
        revision: revision.unwrap_or(0),
    }
}

/// The kind that a row names, of those that somebody may add.
pub(super) fn kind_of(word: &str) -> Result<ProviderKind> {
    match word {
        "ollama" => Ok(ProviderKind::Ollama),
        "openai" => Ok(ProviderKind::OpenAi),
        _ => Err(Error::invalid("/kind", "A provider is of the kind `ollama` or `openai`.")),
    }
}
