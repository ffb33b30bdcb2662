//! `providers:` of a config: which servers and models are asked, and how.

use domain::card::ModelParameters;
use serde_json::{Map, Value};

use super::document::Fields;
use super::environment;
use super::external::{load_nested, parsed, reference};
use super::model::{ApiKey, Endpoint, Provider, ProviderKind};
use super::wanted::Wanted;
use crate::files::{Reader, extension, join};
use crate::problem::{Findings, Path};

/// Parameters of Ollama that our parameters have no field for.
const OLLAMA_OPTIONS: [&str; 23] = [
    "f16_kv",
    "frequency_penalty",
    "logits_all",
    "low_vram",
    "main_gpu",
    "mirostat",
    "mirostat_eta",
    "mirostat_tau",
    "num_batch",
    "num_gpu",
    "num_gqa",
    "num_keep",
    "num_thread",
    "penalize_newline",
    "presence_penalty",
    "repeat_last_n",
    "repeat_penalty",
    "rope_frequency_base",
    "rope_frequency_scale",
    "tfs_z",
    "typical_p",
    "use_mlock",
    "use_mmap",
];
/// The same of the protocol of `OpenAI`.
const OPENAI_OPTIONS: [&str; 8] = [
    "frequency_penalty",
    "logit_bias",
    "max_completion_tokens",
    "presence_penalty",
    "reasoning_effort",
    "service_tier",
    "user",
    "verbosity",
];
/// What stands behind `openai:` for other things than a chat.
const OPENAI_OTHERS: [&str; 20] = [
    "agents",
    "assistant",
    "chatkit",
    "codex",
    "codex-app-server",
    "codex-desktop",
    "codex-sdk",
    "completion",
    "embedding",
    "embeddings",
    "image",
    "live",
    "moderation",
    "realtime",
    "responses",
    "speech",
    "transcription",
    "translation",
    "tts",
    "video",
];

/// What is said where no provider is named.
pub(super) const NONE: &str = "must name at least one provider, such as `ollama:chat:llama3.2`";

/// Where providers are read from, and what is found.
pub(super) struct Providers<'a, 'b> {
    pub(super) reader: &'a Reader<'b>,
    pub(super) environment: &'a Map<String, Value>,
    pub(super) findings: &'a mut Findings,
    pub(super) wanted: Wanted,
    pub(super) found: Vec<Provider>,
}

impl Providers<'_, '_> {
    /// Reads `providers:`: a text, or a list of texts and maps.
    pub(super) fn read(&mut self, value: Value, path: &Path) {
        let problems = self.findings.problems.len();
        self.listed(value, path);
        if self.found.is_empty()
            && self.wanted.left_out.is_empty()
            && self.findings.problems.len() == problems
        {
            self.findings.refuse(path, NONE);
        }
    }

    fn listed(&mut self, value: Value, path: &Path) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.into_iter().enumerate() {
                    self.item(item, &path.index(index));
                }
            }
            Value::String(_) => self.item(value, path),
            _ => self.findings.refuse(path, "must be a list"),
        }
    }

    /// Reads the providers that flags name. One that the config has keeps its options.
    pub(super) fn chosen(&mut self, own: Value, names: &[String], path: &Path) {
        let own = match own {
            Value::Array(items) => items,
            other => vec![other],
        };
        let ids: Vec<(String, String)> = own.iter().map(id_and_label).collect();
        for name in names {
            let found = ids.iter().position(|(id, _)| id == name);
            let found = found.or_else(|| ids.iter().position(|(_, label)| label == name));
            let found = found.or_else(|| ids.iter().position(|(id, _)| id.ends_with(&format!(":{name}"))));
            match found {
                Some(index) => self.item(own[index].clone(), &path.index(index)),
                None => self.item(Value::from(name.as_str()), path),
            }
        }
    }

    fn item(&mut self, item: Value, path: &Path) {
        if let Value::String(id) = &item {
            return match reference(id)
                .filter(|file| matches!(extension(file).as_str(), "yaml" | "yml" | "json"))
            {
                Some(file) => self.file(file, path),
                None => self.provider(id, Map::new(), path),
            };
        }
        let Value::Object(mut map) = item else {
            return self.findings.refuse(path, "must be a text or a map");
        };
        if let Some(Value::String(id)) = map.get("id").cloned() {
            if let Some(file) = reference(&id) {
                return self.file(file, path);
            }
            return self.provider(&id, map, path);
        }
        // `{"ollama:chat:llama3": {config: …}}`
        let is_alone = map.len() == 1;
        match std::mem::take(&mut map).into_iter().next().filter(|_| is_alone) {
            Some((address, Value::Object(options))) => {
                self.provider(&address, options, &path.key(&address));
            }
            Some((address, Value::Null)) => self.provider(&address, Map::new(), &path.key(&address)),
            _ => self.findings.refuse(path, "must have an `id`"),
        }
    }

    fn file(&mut self, file: &str, path: &Path) {
        let file = join(self.reader.root(), file);
        let content = self
            .reader
            .text(&file)
            .and_then(|text| parsed(&text).map_err(|error| format!("`{file}` cannot be read: {error}")));
        match content {
            Err(reason) => self.findings.refuse(path, reason),
            Ok(content) => {
                let place = Path::of(file);
                let mut content = load_nested(content, self.reader, &place, self.findings);
                environment::render(&mut content, self.environment);
                match content {
                    Value::Array(items) => {
                        for (index, item) in items.into_iter().enumerate() {
                            self.item(item, &place.index(index));
                        }
                    }
                    other => self.item(other, &place),
                }
            }
        }
    }

    fn provider(&mut self, address: &str, options: Map<String, Value>, path: &Path) {
        let Some(mut fields) = Fields::of(Value::Object(options), path.clone(), self.findings) else {
            return;
        };
        let id = fields.text("id", self.findings).unwrap_or_else(|| address.to_owned());
        let label = fields.text("label", self.findings).filter(|label| !label.is_empty());
        if !self.wanted.has(&id, label.as_deref()) {
            return;
        }
        let prompts = fields.texts("prompts", self.findings);
        let delay_ms = fields.count("delay", self.findings);
        let own = fields.map("env", self.findings);
        let config = fields.take("config").unwrap_or_else(|| Value::Object(Map::new()));
        let config = load_nested(config, self.reader, &path.key("config"), self.findings);
        fields.unsupported(&["transform", "inputs"], self.findings);
        fields.refuse_rest(self.findings);
        let environment = Environment { shared: self.environment, own };
        let Some(config) = Fields::of(config, path.key("config"), self.findings) else { return };
        let kind = if address == "echo" {
            let mut config = config;
            config.take("basePath");
            config.refuse_rest(self.findings);
            Some(ProviderKind::Echo)
        } else if let Some(rest) = address.strip_prefix("ollama:") {
            self.ollama(rest, config, &environment, path)
        } else if let Some(rest) = address.strip_prefix("openai:") {
            self.openai(rest, config, &environment, path)
        } else {
            self.findings.refuse(path, format!("{address} is not supported"));
            None
        };
        if let Some(kind) = kind {
            self.found.push(Provider { id, label, kind, prompts, delay_ms });
        }
    }

    fn ollama(
        &mut self,
        rest: &str,
        mut config: Fields,
        environment: &Environment,
        path: &Path,
    ) -> Option<ProviderKind> {
        let (kind, model) = match rest.split_once(':') {
            Some((kind @ ("chat" | "completion"), model)) => (kind, model),
            Some(("embedding" | "embeddings", _)) => {
                self.findings.refuse(path, "an embedding model answers no prompts");
                return None;
            }
            _ => ("completion", rest),
        };
        let mut parameters = self.common_parameters(&mut config);
        parameters.num_predict = self.integer(&mut config, "num_predict");
        parameters.top_k = self.integer(&mut config, "top_k");
        parameters.num_ctx = self.integer(&mut config, "num_ctx");
        parameters.think = config.take("think");
        let mut passthrough = config.map("passthrough", self.findings);
        parameters.format = passthrough.shift_remove("format");
        parameters.keep_alive = passthrough.shift_remove("keep_alive");
        if let Some(Value::Object(options)) = passthrough.shift_remove("options") {
            parameters.options = options;
        }
        for key in passthrough.keys() {
            self.findings.unsupported(&config.path.key("passthrough").key(key));
        }
        take_options(&mut config, &OLLAMA_OPTIONS, &mut parameters);
        config.unsupported(&["tools"], self.findings);
        self.finish(config);
        let base_url = environment.text("OLLAMA_BASE_URL").unwrap_or_else(|| "http://localhost:11434".into());
        let key = environment.text("OLLAMA_API_KEY").map(ApiKey);
        let endpoint = self.endpoint(&base_url, model, key, parameters, path)?;
        Some(if kind == "chat" {
            ProviderKind::OllamaChat(endpoint)
        } else {
            ProviderKind::OllamaCompletion(endpoint)
        })
    }

    fn openai(
        &mut self,
        rest: &str,
        mut config: Fields,
        environment: &Environment,
        path: &Path,
    ) -> Option<ProviderKind> {
        let (kind, model) = rest.split_once(':').unwrap_or((rest, ""));
        let model = match kind {
            "chat" => model,
            other if OPENAI_OTHERS.contains(&other) => {
                self.findings.refuse(path, format!("openai:{other} is not supported"));
                return None;
            }
            // `openai:gpt-4.1` is a chat.
            _ => rest,
        };
        let host = config.text("apiHost", self.findings).or_else(|| environment.text("OPENAI_API_HOST"));
        let base_url = config.text("apiBaseUrl", self.findings);
        let base_url = host
            .map(|host| format!("https://{host}/v1"))
            .or(base_url)
            .or_else(|| environment.text("OPENAI_API_BASE_URL"))
            .or_else(|| environment.text("OPENAI_BASE_URL"))
            .unwrap_or_else(|| "https://api.openai.com/v1".into());
        let variable = config.text("apiKeyEnvar", self.findings).unwrap_or_else(|| "OPENAI_API_KEY".into());
        let key = config.text("apiKey", self.findings).or_else(|| environment.text(&variable)).map(ApiKey);
        let mut parameters = self.common_parameters(&mut config);
        parameters.num_predict = self.integer(&mut config, "max_tokens");
        let name = model.rsplit('/').next().unwrap_or(model);
        let reasons = ["gpt-5", "o1", "o3", "o4"].iter().any(|start| name.starts_with(start));
        let omits_defaults = config.flag("omitDefaults", self.findings) == Some(true);
        if reasons {
            // Such models refuse both.
            (parameters.temperature, parameters.num_predict) = (None, None);
        } else {
            let limit = environment.text("OPENAI_MAX_TOKENS").and_then(|text| text.parse().ok());
            parameters.num_predict = parameters.num_predict.or(limit).or((!omits_defaults).then_some(1024));
            let temperature = environment.text("OPENAI_TEMPERATURE").and_then(|text| text.parse().ok());
            parameters.temperature =
                parameters.temperature.or(temperature).or((!omits_defaults).then_some(0.0));
        }
        if let Some(format) = config.take("response_format") {
            parameters.format = self.response_format(&format, &config.path);
        }
        take_options(&mut config, &OPENAI_OPTIONS, &mut parameters);
        parameters.options.extend(config.map("passthrough", self.findings));
        config.passed_over(&["cost", "inputCost", "outputCost", "organization"], self.findings);
        self.finish(config);
        Some(ProviderKind::OpenAiChat(self.endpoint(&base_url, model, key, parameters, path)?))
    }

    fn endpoint(
        &mut self,
        base_url: &str,
        model: &str,
        key: Option<ApiKey>,
        parameters: ModelParameters,
        path: &Path,
    ) -> Option<Endpoint> {
        if model.is_empty() {
            self.findings.refuse(path, "names no model");
            return None;
        }
        let base_url = base_url.trim_end_matches('/').to_owned();
        if !base_url.starts_with("http://") && !base_url.starts_with("https://") {
            self.findings
                .refuse(path, format!("`{base_url}` is no address: it must begin with http:// or https://"));
            return None;
        }
        Some(Endpoint { base_url, model: model.to_owned(), key, parameters })
    }

    fn common_parameters(&mut self, config: &mut Fields) -> ModelParameters {
        ModelParameters {
            temperature: config.number("temperature", self.findings),
            top_p: config.number("top_p", self.findings),
            seed: self.integer(config, "seed"),
            stop: config.texts("stop", self.findings).unwrap_or_default(),
            ..ModelParameters::default()
        }
    }

    fn integer(&mut self, config: &mut Fields, key: &str) -> Option<i64> {
        let value = config.take(key)?;
        if value.as_i64().is_none() {
            self.findings.refuse(&config.path.key(key), "must be a whole number");
        }
        value.as_i64()
    }

    /// `json_object` and `json_schema` of the protocol of `OpenAI`, as our format.
    fn response_format(&mut self, format: &Value, config: &Path) -> Option<Value> {
        match format.get("type").and_then(Value::as_str) {
            Some("text") => None,
            Some("json_object") => Some("json".into()),
            Some("json_schema") => {
                let schema =
                    format.get("json_schema").and_then(|inner| inner.get("schema")).or(format.get("schema"));
                if schema.is_none() {
                    self.findings.refuse(&config.key("response_format"), "has no schema");
                }
                schema.cloned()
            }
            _ => {
                self.findings.unsupported(&config.key("response_format"));
                None
            }
        }
    }

    /// Every option that is left would change the answers.
    fn finish(&mut self, mut config: Fields) {
        config.passed_over(&["basePath"], self.findings);
        config.refuse_rest(self.findings);
    }
}

/// Takes options that our parameters have no field for.
fn take_options(config: &mut Fields, names: &[&str], parameters: &mut ModelParameters) {
    for name in names {
        if let Some(value) = config.take(name) {
            parameters.options.insert((*name).to_owned(), value);
        }
    }
}

/// What a provider is called, before it is read.
fn id_and_label(item: &Value) -> (String, String) {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    match item {
        Value::String(id) => (id.clone(), String::new()),
        item if item.get("id").is_some() => (text(item.get("id")), text(item.get("label"))),
        Value::Object(map) => {
            let first = map.iter().next();
            first.map_or_else(Default::default, |(id, options)| (id.clone(), text(options.get("label"))))
        }
        _ => Default::default(),
    }
}

/// The environment of one provider.
struct Environment<'a> {
    shared: &'a Map<String, Value>,
    own: Map<String, Value>,
}

impl Environment<'_> {
    fn text(&self, name: &str) -> Option<String> {
        let value = self.own.get(name).or_else(|| self.shared.get(name))?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(text).filter(|text| !text.is_empty())
    }
}
