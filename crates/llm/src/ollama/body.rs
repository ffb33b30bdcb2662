//! What is sent to an Ollama server.

use domain::card::{Message, ModelParameters};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::body::messages;
use crate::request::ChatRequest;

/// Body of `/api/chat`.
#[derive(Serialize)]
pub(super) struct ChatBody<'a> {
    model: &'a str,
    #[serde(serialize_with = "messages")]
    messages: &'a [Message],
    #[serde(flatten)]
    rest: Rest<'a>,
}

/// What chats and completions have alike.
#[derive(Serialize)]
struct Rest<'a> {
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_alive: Option<&'a Value>,
    options: Options<'a>,
}

impl<'a> Rest<'a> {
    fn new(request: &ChatRequest<'a>) -> Self {
        let parameters = request.parameters;
        Self {
            stream: true,
            format: parameters.format.as_ref(),
            think: parameters.think.as_ref(),
            keep_alive: parameters.keep_alive.as_ref(),
            options: Options { parameters, seed: request.effective_seed() },
        }
    }
}

impl<'a> ChatBody<'a> {
    pub(super) fn new(request: &ChatRequest<'a>) -> Self {
        Self { model: request.model, messages: request.messages, rest: Rest::new(request) }
    }
}

/// Body of `/api/generate`: the texts of the messages, one after the other.
#[derive(Serialize)]
pub(super) struct GenerateBody<'a> {
    model: &'a str,
    prompt: String,
    #[serde(flatten)]
    rest: Rest<'a>,
}

impl<'a> GenerateBody<'a> {
    pub(super) fn new(request: &ChatRequest<'a>) -> Self {
        let parts = request.messages.iter().flat_map(|message| &message.content);
        let prompt = parts.map(|part| part.text.as_str()).collect();
        Self { model: request.model, prompt, rest: Rest::new(request) }
    }
}

/// Body of `/api/generate` that only loads a model.
#[derive(Serialize)]
pub(super) struct LoadBody<'a> {
    model: &'a str,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_alive: Option<&'a Value>,
    options: Options<'a>,
}

impl<'a> LoadBody<'a> {
    pub(super) fn new(model: &'a str, parameters: &'a ModelParameters) -> Self {
        Self {
            model,
            stream: false,
            keep_alive: parameters.keep_alive.as_ref(),
            options: Options { parameters, seed: parameters.seed },
        }
    }
}

/// Parameters by the names of their options, and the options passed on as they are. A parameter goes
/// before an option of its name.
struct Options<'a> {
    parameters: &'a ModelParameters,
    seed: Option<i64>,
}

impl Serialize for Options<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ModelParameters { temperature, top_p, top_k, num_predict, num_ctx, stop, options, .. } =
            self.parameters;
        let mut map = serializer.serialize_map(None)?;
        let mut named = [""; 7];
        macro_rules! entries {
            ($($position:literal $name:literal $value:expr;)*) => {$(
                if let Some(value) = $value {
                    map.serialize_entry($name, &value)?;
                    named[$position] = $name;
                }
            )*};
        }
        entries! {
            0 "num_ctx" num_ctx;
            1 "temperature" temperature;
            2 "seed" self.seed;
            3 "top_p" top_p;
            4 "top_k" top_k;
            5 "num_predict" num_predict;
            6 "stop" Some(stop).filter(|stop| !stop.is_empty());
        }
        for (name, value) in options.iter().filter(|(name, _)| !named.contains(&name.as_str())) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use domain::card::{Part, PartType, Role};
    use serde_json::{Map, json};

    use super::*;
    use crate::body::to_bytes;

    fn sent(parameters: &ModelParameters, seed: Option<i64>) -> Value {
        let mut two_parts = Message::text(Role::User, "one ");
        two_parts.content.push(Part { part_type: PartType::Text, text: "\"two\"\n".into() });
        let messages = [Message::text(Role::System, "Be brief."), two_parts];
        let request = ChatRequest { model: "llama3.2", messages: &messages, parameters, seed };
        serde_json::from_slice(&to_bytes(&ChatBody::new(&request)).expect("JSON")).expect("JSON")
    }

    #[test]
    fn a_bare_request_leaves_everything_to_the_server() {
        assert_eq!(
            sent(&ModelParameters::default(), None),
            json!({
                "model": "llama3.2",
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "one \"two\"\n"},
                ],
                "stream": true,
                "options": {},
            })
        );
    }

    #[test]
    fn every_parameter_is_passed_in_its_place() {
        let parameters: ModelParameters = serde_json::from_value(json!({
            "temperature": 0.5, "top_p": 0.9, "top_k": 40, "seed": 7, "num_predict": 100, "num_ctx": 8192,
            "stop": ["\n\n", "END"], "keep_alive": "10m", "format": {"type": "object"}, "think": "high",
            "options": {"mirostat": 2, "temperature": 0.9, "num_thread": 4},
        }))
        .expect("parameters");
        let body = sent(&parameters, Some(9));
        assert_eq!(
            body["options"],
            json!({
                "num_ctx": 8192, "temperature": 0.5, "seed": 9, "top_p": 0.9, "top_k": 40,
                "num_predict": 100, "stop": ["\n\n", "END"], "mirostat": 2, "num_thread": 4,
            })
        );
        assert_eq!(
            (&body["keep_alive"], &body["format"], &body["think"]),
            (&json!("10m"), &json!({"type": "object"}), &json!("high"))
        );
    }

    #[test]
    fn an_option_that_no_parameter_sets_stands() {
        let options = Map::from_iter([("seed".to_owned(), json!(3)), ("stop".to_owned(), json!(["x"]))]);
        let parameters = ModelParameters { options, ..ModelParameters::default() };
        assert_eq!(sent(&parameters, None)["options"], json!({"seed": 3, "stop": ["x"]}));
        assert_eq!(sent(&parameters, Some(4))["options"], json!({"seed": 4, "stop": ["x"]}));
    }

    #[test]
    fn a_completion_has_its_prompt_in_one_text() {
        let messages = [Message::text(Role::User, "a\n"), Message::text(Role::User, "b")];
        let parameters: ModelParameters =
            serde_json::from_value(json!({"think": false, "top_k": 1})).unwrap();
        let request = ChatRequest { model: "m", messages: &messages, parameters: &parameters, seed: Some(2) };
        let body = serde_json::to_value(GenerateBody::new(&request)).expect("JSON");
        let options = json!({"seed": 2, "top_k": 1});
        assert_eq!(
            body,
            json!({"model": "m", "prompt": "a\nb", "stream": true, "think": false, "options": options})
        );
    }

    #[test]
    fn loading_asks_for_the_context_of_the_calls_that_follow() {
        let parameters: ModelParameters =
            serde_json::from_value(json!({"num_ctx": 2048, "keep_alive": -1})).expect("parameters");
        let body = serde_json::to_value(LoadBody::new("m", &parameters)).expect("JSON");
        assert_eq!(
            body,
            json!({"model": "m", "stream": false, "keep_alive": -1, "options": {"num_ctx": 2048}})
        );
    }
}
