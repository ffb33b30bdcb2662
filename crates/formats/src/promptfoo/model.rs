//! What a promptfoo file says, resolved: no reference, file or default is left to be looked up.

use std::fmt;
use std::sync::Arc;

use domain::card::ModelParameters;
use domain::test_case::Assertion;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// Everything that an evaluation needs.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// What it is about.
    pub description: Option<String>,
    /// The prompts, in order.
    pub prompts: Vec<Prompt>,
    /// Who is asked, in order.
    pub providers: Vec<Provider>,
    /// The tests, in order, with `defaultTest` merged in. One empty test if the file has none.
    pub tests: Vec<Test>,
    /// How it is to be run.
    pub options: Options,
    /// What was passed over, because no verdict depends on it.
    pub notes: Vec<Problem>,
    /// The file as it is written, references resolved, keys taken out: for reports.
    pub config: Value,
    /// What templates see as `env`.
    pub environment: Arc<Map<String, Value>>,
    /// Whether any template may use it.
    pub(crate) uses_environment: bool,
}

/// A prompt: a text, or a list of messages as JSON, with templates in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// What reports call it.
    pub label: String,
    /// The `id` that the file gives it.
    pub given_id: Option<String>,
    /// The text before rendering.
    pub raw: String,
}

impl Prompt {
    /// The id in promptfoo's results: a hash of the label.
    pub fn id(&self) -> String {
        hex::encode(Sha256::digest(&self.label))
    }
}

/// Somebody who answers prompts.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// What the file calls it, such as `ollama:chat:llama3.2`.
    pub id: String,
    /// The name that the file gives it instead.
    pub label: Option<String>,
    /// Who is asked, and how.
    pub kind: ProviderKind,
    /// Labels or ids of the only prompts that it is asked. None: all.
    pub prompts: Option<Vec<String>>,
    /// Milliseconds to wait after each call.
    pub delay_ms: Option<u64>,
}

impl Provider {
    /// The label, or the id.
    pub fn name(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.id)
    }
}

/// How a provider is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum ProviderKind {
    /// The answer is the prompt.
    Echo,
    /// `/api/chat` of Ollama: the prompt's [messages](super::Rendered::messages).
    OllamaChat(Endpoint),
    /// `/api/generate` of Ollama: the prompt as one text.
    OllamaCompletion(Endpoint),
    /// `/chat/completions` of a server that speaks the protocol of `OpenAI`.
    OpenAiChat(Endpoint),
}

/// A model on a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Where the server is: `http://localhost:11434` of an Ollama, `https://api.openai.com/v1` of another.
    pub base_url: String,
    /// The model, as the server calls it.
    pub model: String,
    /// The key, where one is set.
    pub key: Option<ApiKey>,
    /// How the model is asked, promptfoo's own defaults included.
    pub parameters: ModelParameters,
}

/// A secret, which no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(pub(crate) String);

impl ApiKey {
    /// The key itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// One test: values of variables, and what the answer must satisfy.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What it is about.
    pub description: Option<String>,
    /// The variables, each with the values that it takes in turn: one, or those of a list that fans out.
    pub variables: Vec<Variable>,
    /// What the answer must satisfy, that of `defaultTest` first.
    pub assertions: Vec<Arc<TestAssertion>>,
    /// If given, the score from which the test passes, whatever single assertions say.
    pub threshold: Option<f64>,
    /// Text before each prompt.
    pub prefix: Arc<str>,
    /// Text after each prompt.
    pub suffix: Arc<str>,
    /// How often it is asked, where that differs from [`Options::repeat`].
    pub repeat: Option<u32>,
    /// Labels or ids of the only prompts that it is asked with. None: all.
    pub prompts: Option<Vec<String>>,
    /// Labels or ids of the only providers that it is asked of. None: all.
    pub providers: Option<Vec<String>>,
    /// The answer, where no model is to be asked.
    pub provider_output: Option<Value>,
    /// Whatever the file keeps with the test.
    pub metadata: Map<String, Value>,
}

/// A variable and its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: Arc<str>,
    /// Its values; never none.
    pub values: Arc<[Value]>,
}

/// One assertion of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestAssertion {
    /// The assertion.
    pub assertion: Assertion,
    /// Whether the value is taken as it is, because it comes from a file, and not rendered.
    pub is_literal: bool,
    /// The assertions of an `assert-set`.
    pub set: Vec<TestAssertion>,
}

/// How an evaluation is to be run. What the file says; flags may replace each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// How many calls at a time.
    pub max_concurrency: Option<u32>,
    /// How often each test is asked.
    pub repeat: Option<u32>,
    /// Milliseconds to wait after each call.
    pub delay_ms: Option<u64>,
    /// Whether answers may come from the cache.
    pub cache: Option<bool>,
    /// Milliseconds that one call may take.
    pub timeout_ms: Option<u64>,
    /// Milliseconds that the whole may take.
    pub max_eval_time_ms: Option<u64>,
    /// Whether progress is shown.
    pub progress_bar: Option<bool>,
    /// Whether the table is shown.
    pub table: Option<bool>,
    /// Most characters of a cell of the table.
    pub table_cell_max_length: Option<u32>,
    /// Where results are written to.
    pub output: Vec<String>,
    /// Only the first so many tests.
    pub filter_first_n: Option<u32>,
    /// Only tests whose description matches.
    pub filter_pattern: Option<String>,
    /// Only providers whose id or label matches.
    pub filter_providers: Option<String>,
    /// Only prompts whose id or label matches.
    pub filter_prompts: Option<String>,
    /// Only tests that failed in this earlier result.
    pub filter_failing: Option<String>,
    /// Only tests from the first number up to the second, counted from 0, the second left out.
    pub filter_range: Option<(usize, usize)>,
}
