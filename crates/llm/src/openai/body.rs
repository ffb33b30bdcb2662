//! What is sent to a server that speaks OpenAI's protocol.

use domain::card::ModelParameters;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::body::messages;
use crate::request::ChatRequest;

const LIMIT: &str = "max_tokens";
const NEW_LIMIT: &str = "max_completion_tokens";
/// What no option replaces.
const OURS: [&str; 4] = ["model", "messages", "stream", "stream_options"];

/// Body of `/chat/completions`: parameters by the names of this protocol, then the options as they are. A
/// parameter goes before an option of its name. `num_ctx` and `keep_alive` have no name here.
pub(super) struct ChatBody<'a> {
    request: &'a ChatRequest<'a>,
    asks_usage: bool,
    is_openai: bool,
}

impl<'a> ChatBody<'a> {
    pub(super) fn new(request: &'a ChatRequest<'a>, asks_usage: bool, is_openai: bool) -> Self {
        Self { request, asks_usage, is_openai }
    }

    /// Everything but model and messages.
    fn fields(&self) -> Map<String, Value> {
        let ModelParameters {
            temperature,
            top_p,
            top_k,
            num_predict,
            stop,
            format,
            think,
            options,
            seed: _,
            num_ctx: _,
            keep_alive: _,
        } = self.request.parameters;
        let mut fields = options.clone();
        fields.retain(|name, _| !OURS.contains(&name.as_str()));
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        set("temperature", temperature.map(Value::from));
        set("top_p", top_p.map(Value::from));
        set("top_k", top_k.map(Value::from));
        set("seed", self.request.effective_seed().map(Value::from));
        set("stop", (!stop.is_empty()).then(|| json!(stop)));
        set("response_format", format.as_ref().map(response_format));
        // Ollama takes a negative number for no limit.
        if let Some(limit) = num_predict.filter(|limit| *limit > 0) {
            let name = if self.is_openai || fields.contains_key(NEW_LIMIT) { NEW_LIMIT } else { LIMIT };
            fields.retain(|name, _| ![LIMIT, NEW_LIMIT].contains(&name.as_str()));
            fields.insert(name.to_owned(), limit.into());
        }
        match think {
            Some(Value::Bool(thinks)) => {
                let arguments = fields.entry("chat_template_kwargs").or_insert_with(|| json!({}));
                if let Some(arguments) = arguments.as_object_mut() {
                    arguments.insert("enable_thinking".to_owned(), (*thinks).into());
                }
            }
            Some(level) => drop(fields.insert("reasoning_effort".to_owned(), level.clone())),
            None => {}
        }
        fields
    }
}

/// `"json"` and a JSON schema are written differently here; anything else is for the server to judge.
fn response_format(format: &Value) -> Value {
    match format {
        Value::String(word) if word == "json" => json!({ "type": "json_object" }),
        Value::Object(_) => json!({
            "type": "json_schema",
            "json_schema": { "name": "answer", "strict": true, "schema": format },
        }),
        other => other.clone(),
    }
}

impl Serialize for ChatBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Messages<'a>(&'a [domain::card::Message]);
        impl Serialize for Messages<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                messages(self.0, serializer)
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.request.model)?;
        map.serialize_entry("messages", &Messages(self.request.messages))?;
        map.serialize_entry("stream", &true)?;
        if self.asks_usage {
            map.serialize_entry("stream_options", &json!({ "include_usage": true }))?;
        }
        for (name, value) in &self.fields() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use domain::card::{Message, Role};

    use super::*;

    fn sent(parameters: Value, seed: Option<i64>, is_openai: bool) -> Value {
        let parameters: ModelParameters = serde_json::from_value(parameters).expect("parameters");
        let messages = [Message::text(Role::User, "x")];
        let request = ChatRequest { model: "m", messages: &messages, parameters: &parameters, seed };
        let mut body = serde_json::to_value(ChatBody::new(&request, true, is_openai)).expect("JSON");
        let fields = body.as_object_mut().expect("an object");
        for (name, expected) in [
            ("model", json!("m")),
            ("messages", json!([{ "role": "user", "content": "x" }])),
            ("stream", json!(true)),
            ("stream_options", json!({ "include_usage": true })),
        ] {
            assert_eq!(fields.remove(name), Some(expected));
        }
        body
    }

    #[test]
    fn a_bare_request_leaves_everything_to_the_server() {
        assert_eq!(sent(json!({}), None, false), json!({}));
    }

    #[test]
    fn parameters_have_the_names_of_the_protocol() {
        let parameters = json!({
            "temperature": 0.5, "top_p": 0.9, "top_k": 40, "seed": 7, "num_predict": 100, "num_ctx": 8192,
            "stop": ["END"], "keep_alive": "10m", "format": "json", "think": "high",
        });
        assert_eq!(
            sent(parameters, Some(9), false),
            json!({
                "temperature": 0.5, "top_p": 0.9, "top_k": 40, "seed": 9, "max_tokens": 100, "stop": ["END"],
                "response_format": { "type": "json_object" }, "reasoning_effort": "high",
            })
        );
    }

    #[test]
    fn a_schema_is_forced_upon_the_answer() {
        let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        let format = &sent(json!({ "format": schema }), None, false)["response_format"];
        assert_eq!(format["type"], "json_schema");
        assert_eq!(
            (&format["json_schema"]["schema"], &format["json_schema"]["name"]),
            (&schema, &json!("answer"))
        );
    }

    #[test]
    fn options_pass_whole_unless_a_parameter_or_the_protocol_has_their_name() {
        let options = json!({
            "options": {
                "temperature": 0.1, "min_p": 0.05, "tools": [{ "type": "function" }], "stream": false,
                "model": "other", "messages": [], "stream_options": {},
            },
            "temperature": 0.7,
        });
        assert_eq!(
            sent(options, None, false),
            json!({ "temperature": 0.7, "min_p": 0.05, "tools": [{ "type": "function" }] })
        );
    }

    #[test]
    fn the_limit_of_tokens_goes_by_the_name_that_the_server_knows() {
        assert_eq!(sent(json!({ "num_predict": 5 }), None, true), json!({ "max_completion_tokens": 5 }));
        let named = json!({ "num_predict": 5, "options": { "max_completion_tokens": 9, "max_tokens": 9 } });
        assert_eq!(sent(named, None, false), json!({ "max_completion_tokens": 5 }));
        let alone = json!({ "options": { "max_tokens": 9 } });
        assert_eq!(sent(alone, None, true), json!({ "max_tokens": 9 }));
        assert_eq!(sent(json!({ "num_predict": -1 }), None, false), json!({}));
    }

    #[test]
    fn thinking_is_switched_where_the_servers_of_open_models_look_for_it() {
        let off = json!({ "think": false, "options": { "chat_template_kwargs": { "x": 1 } } });
        assert_eq!(
            sent(off, None, false),
            json!({ "chat_template_kwargs": { "x": 1, "enable_thinking": false } })
        );
    }
}
