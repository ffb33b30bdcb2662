//! The models that are served, and how their names are read.

use serde::Serialize;

use crate::dice::Dice;

/// What every model says of its age: a fixed time, so that two servers list the same.
pub(crate) const MODIFIED_AT: &str = "2025-10-01T12:00:00Z";
/// The same in seconds since 1970.
pub(crate) const MODIFIED_AT_S: i64 = 1_759_320_000;

/// Names of the models that a server without any configured serves.
const DEFAULT_NAMES: [&str; 3] = ["llama3.2:latest", "qwen3:8b", "nomic-embed-text:latest"];

/// One served model.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name with its tag, as `/api/tags` lists it.
    pub name: String,
    /// Thinks before it answers, unless a call says `think: false`.
    pub thinks: bool,
    /// Only embeds: it refuses to chat and to generate.
    pub embeds: bool,
    /// Longest context that the model was trained for, in tokens; a larger `num_ctx` is brought down to it.
    pub context_length: u64,
    /// Length of its vectors.
    pub dimensions: usize,
    architecture: &'static str,
    parameters: f64,
    quantization: &'static str,
    /// A copy keeps that of the model it was made from.
    digest: String,
}

struct Family {
    prefix: &'static str,
    architecture: &'static str,
    /// In thousand millions.
    parameters: f64,
    quantization: &'static str,
    context_length: u64,
    dimensions: usize,
    thinks: bool,
    embeds: bool,
}

impl Family {
    const fn new(prefix: &'static str, architecture: &'static str, parameters: f64, context: u64) -> Self {
        let (quantization, dimensions, thinks, embeds) = ("Q4_K_M", 3_072, false, false);
        Self {
            prefix,
            architecture,
            parameters,
            quantization,
            context_length: context,
            dimensions,
            thinks,
            embeds,
        }
    }

    const fn thinking(self) -> Self {
        Self { thinks: true, ..self }
    }

    const fn embedding(self, dimensions: usize) -> Self {
        Self { embeds: true, quantization: "F16", dimensions, ..self }
    }
}

/// The first prefix that fits decides; the last fits every name.
const FAMILIES: [Family; 14] = [
    Family::new("nomic-embed", "nomic-bert", 0.137, 2_048).embedding(768),
    Family::new("mxbai-embed", "bert", 0.334, 512).embedding(1_024),
    Family::new("all-minilm", "bert", 0.023, 512).embedding(384),
    Family::new("qwen3", "qwen3", 8.2, 40_960).thinking(),
    Family::new("qwen", "qwen2", 7.6, 32_768),
    Family::new("deepseek-r1", "qwen2", 7.6, 131_072).thinking(),
    Family::new("gpt-oss", "gptoss", 20.9, 131_072).thinking(),
    Family::new("gemma3", "gemma3", 4.3, 131_072),
    Family::new("gemma", "gemma2", 9.2, 8_192),
    Family::new("mistral", "llama", 7.2, 32_768),
    Family::new("phi", "phi3", 3.8, 131_072),
    Family::new("smollm", "llama", 1.7, 8_192),
    Family::new("llama", "llama", 3.2, 131_072),
    Family::new("", "llama", 3.2, 131_072),
];

/// `details` of `/api/tags`, `/api/show` and `/api/ps`.
#[derive(Debug, Serialize)]
pub(crate) struct Details {
    parent_model: &'static str,
    format: &'static str,
    family: &'static str,
    families: [&'static str; 1],
    parameter_size: String,
    quantization_level: &'static str,
}

impl Model {
    /// A model of that name; its family decides what it can do, a tag such as `:70b` its size.
    pub fn named(name: &str) -> Self {
        let name = full_name(name);
        let family = family(&name);
        let tagged = name.rsplit_once(':').and_then(|(_, tag)| tag.strip_suffix('b')?.parse().ok());
        Self {
            thinks: family.thinks,
            embeds: family.embeds,
            context_length: family.context_length,
            dimensions: family.dimensions,
            architecture: family.architecture,
            parameters: tagged.unwrap_or(family.parameters),
            quantization: family.quantization,
            digest: digest(&name),
            name,
        }
    }

    /// The model of that name in the library that models are pulled from; `None` if it has none.
    pub(crate) fn in_library(name: &str) -> Option<Self> {
        Some(Self::named(name)).filter(|model| !family(&model.name).prefix.is_empty())
    }

    /// The same model under another name.
    pub(crate) fn copied_to(&self, name: &str) -> Self {
        Self { name: full_name(name), ..self.clone() }
    }

    /// `llama3.2:latest`, `qwen3:8b` (thinks) and `nomic-embed-text:latest`.
    pub fn defaults() -> Vec<Self> {
        DEFAULT_NAMES.iter().map(|name| Self::named(name)).collect()
    }

    /// Hash that stands for the model's file: 64 hexadecimal digits, decided by the name alone.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether this name means the model. As in Ollama, case does not matter.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let full = self.name.as_str();
        full.eq_ignore_ascii_case(name)
            || full.strip_suffix(":latest").is_some_and(|short| short.eq_ignore_ascii_case(name))
    }

    pub(crate) fn details(&self) -> Details {
        let parameter_size = if self.parameters < 1.0 {
            format!("{:.0}M", self.parameters * 1000.0)
        } else {
            format!("{:.1}B", self.parameters)
        };
        Details {
            parent_model: "",
            format: "gguf",
            family: self.architecture,
            families: [self.architecture],
            parameter_size,
            quantization_level: self.quantization,
        }
    }

    pub(crate) fn architecture(&self) -> &'static str {
        self.architecture
    }

    /// Number of weights.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size for show, above zero"
    )]
    pub(crate) fn parameter_count(&self) -> u64 {
        (self.parameters * 1e9) as u64
    }

    /// Bytes on disk: about five bits a weight.
    pub(crate) fn size(&self) -> u64 {
        self.parameter_count() * 5 / 8
    }

    pub(crate) fn capabilities(&self) -> &'static [&'static str] {
        match (self.embeds, self.thinks) {
            (true, _) => &["embedding"],
            (false, true) => &["completion", "tools", "thinking"],
            (false, false) => &["completion", "tools"],
        }
    }
}

/// A name without a tag means `:latest`.
pub(crate) fn full_name(name: &str) -> String {
    let base = name.rsplit('/').next().unwrap_or(name);
    if base.contains(':') { name.to_owned() } else { format!("{name}:latest") }
}

/// The family that a name belongs to, by the last part of its path.
fn family(name: &str) -> &'static Family {
    let base = name.rsplit('/').next().unwrap_or(name);
    let last = &FAMILIES[FAMILIES.len() - 1];
    FAMILIES.iter().find(|family| base.starts_with(family.prefix)).unwrap_or(last)
}

fn digest(name: &str) -> String {
    let mut dice = Dice::new(0, [name]);
    [(); 4].map(|()| format!("{:016x}", dice.next())).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_tag_means_latest() {
        assert!(Model::named("llama3.2").is_named("llama3.2"));
        assert!(Model::named("llama3.2").is_named("LLAMA3.2:latest"));
        assert!(!Model::named("qwen3:8b").is_named("qwen3"));
        assert_eq!(full_name("registry:5000/team/model"), "registry:5000/team/model:latest");
    }

    #[test]
    fn a_tag_says_the_size() {
        assert_eq!(Model::named("llama3.1:70b").details().parameter_size, "70.0B");
        assert_eq!(Model::named("nomic-embed-text").details().parameter_size, "137M");
    }

    #[test]
    fn the_library_knows_families() {
        assert!(Model::in_library("registry.example/team/gemma3:1b").is_some());
        assert!(Model::in_library("no-such-model").is_none());
    }
}
