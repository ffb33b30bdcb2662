//! Reads the bodies of `/v1/chat/completions` and `/v1/completions`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::{Api, CallOptions, KEEP, Request, Think};

/// Everything else that clients send, `tools` among it, is taken and has no effect.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    model: Cow<'a, str>,
    #[serde(borrow, default)]
    messages: Vec<Message<'a>>,
    #[serde(borrow)]
    prompt: Option<OneOrMany<'a>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    seed: Option<i64>,
    #[serde(borrow)]
    stop: Option<OneOrMany<'a>>,
    response_format: Option<ResponseFormat>,
    reasoning_effort: Option<String>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<Content<'a>>,
}

impl<'a> Message<'a> {
    fn text(self) -> Cow<'a, str> {
        match self.content {
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => parts.into_iter().map(|part| part.text).collect::<String>().into(),
            None => Cow::Borrowed(""),
        }
    }
}

/// `null` where an assistant only called tools.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<'a> {
    One(#[serde(borrow)] Cow<'a, str>),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<JsonSchema>,
}

#[derive(Deserialize)]
struct JsonSchema {
    schema: Value,
}

impl<'a> Request<'a> {
    /// Err is the sentence of a 400.
    pub(super) fn parse_openai(api: Api, body: &'a [u8]) -> Result<Self, String> {
        let wire: Wire<'a> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if wire.model.is_empty() {
            return Err("model is required".to_owned());
        }
        let (texts, user) = match wire.prompt {
            _ if api.is_chat() => said(wire.messages)?,
            Some(OneOrMany::One(prompt)) => (vec![prompt], 0),
            Some(OneOrMany::Many(mut prompts)) if prompts.len() == 1 => {
                (vec![Cow::Owned(prompts.swap_remove(0))], 0)
            }
            Some(OneOrMany::Many(_)) => return Err("only one prompt at a time is answered".to_owned()),
            None => return Err("prompt is required".to_owned()),
        };
        let stop = wire.stop.map(|stop| match stop {
            OneOrMany::One(stop) => vec![stop.into_owned()],
            OneOrMany::Many(stops) => stops,
        });
        Ok(Self {
            api,
            model: wire.model,
            texts,
            user,
            streamed: wire.stream.unwrap_or(false),
            usage: wire.stream_options.is_some_and(|options| options.include_usage),
            format: wire.response_format.and_then(format),
            options: CallOptions {
                seed: wire.seed,
                num_ctx: None,
                num_predict: wire.max_completion_tokens.or(wire.max_tokens),
                stop,
            },
            keep_alive: KEEP,
            think: wire.reasoning_effort.as_deref().map(effort).transpose()?,
        })
    }
}

/// The texts of a conversation, and the place of the last user message among them.
fn said(messages: Vec<Message<'_>>) -> Result<(Vec<Cow<'_, str>>, usize), String> {
    if messages.is_empty() {
        return Err("[] is too short - 'messages'".to_owned());
    }
    let user = messages.iter().rposition(|message| message.role == "user").unwrap_or(0);
    Ok((messages.into_iter().map(Message::text).collect(), user))
}

fn format(format: ResponseFormat) -> Option<Value> {
    match format.kind.as_str() {
        "json_object" => Some("json".into()),
        "json_schema" => format.json_schema.map(|json_schema| json_schema.schema),
        _ => None,
    }
}

fn effort(effort: &str) -> Result<Think, String> {
    match effort {
        "none" => Ok(Think::No),
        "minimal" | "low" => Ok(Think::Low),
        "medium" => Ok(Think::Medium),
        "high" | "xhigh" => Ok(Think::High),
        _ => Err(format!(
            "invalid reasoning value: '{effort}' (must be \"high\", \"medium\", \"low\", or \"none\")"
        )),
    }
}
