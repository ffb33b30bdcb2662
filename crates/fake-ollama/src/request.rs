//! Reads what is asked of a model, as forgiving and as strict as Ollama; here `/api/chat` and `/api/generate`.

mod openai;

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::protocol::Protocol;

/// How long Ollama keeps a model in memory when nobody says.
pub(crate) const KEEP: KeepAlive = KeepAlive(Some(Duration::from_mins(5)));

/// Which call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Chat,
    Generate,
    /// `/v1/chat/completions`.
    ChatCompletions,
    /// `/v1/completions`.
    Completions,
}

impl Api {
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Chat | Self::Generate => Protocol::Ollama,
            Self::ChatCompletions | Self::Completions => Protocol::OpenAi,
        }
    }

    pub(crate) fn is_chat(self) -> bool {
        matches!(self, Self::Chat | Self::ChatCompletions)
    }
}

/// How long a model stays in memory; `None` for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeepAlive(pub(crate) Option<Duration>);

/// How much a model is to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Think {
    No,
    Low,
    Medium,
    High,
}

/// A call, whichever way it came.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) api: Api,
    pub(crate) model: Cow<'a, str>,
    /// All the prompt: messages, or system and prompt. Empty when the call only loads or unloads.
    pub(crate) texts: Vec<Cow<'a, str>>,
    /// Place of the last user message in `texts`.
    user: usize,
    pub(crate) streamed: bool,
    /// A stream ends with what was used. Ollama's always does.
    pub(crate) usage: bool,
    /// `"json"` or a schema.
    pub(crate) format: Option<Value>,
    pub(crate) options: CallOptions,
    pub(crate) keep_alive: KeepAlive,
    pub(crate) think: Option<Think>,
}

/// The options that change what is answered; all others are taken and have no effect, as with a greedy model.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CallOptions {
    pub(crate) seed: Option<i64>,
    num_ctx: Option<i64>,
    num_predict: Option<i64>,
    pub(crate) stop: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    model: Cow<'a, str>,
    #[serde(borrow, default)]
    messages: Option<Vec<Message<'a>>>,
    #[serde(borrow, default)]
    prompt: Cow<'a, str>,
    #[serde(borrow, default)]
    system: Cow<'a, str>,
    stream: Option<bool>,
    format: Option<Value>,
    options: Option<CallOptions>,
    keep_alive: Option<Value>,
    think: Option<Value>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Cow<'a, str>,
    #[serde(borrow, default)]
    content: Cow<'a, str>,
}

impl<'a> Request<'a> {
    /// Err is the sentence of Ollama's 400.
    pub(crate) fn parse(api: Api, body: &'a [u8]) -> Result<Self, String> {
        if body.is_empty() {
            return Err("missing request body".to_owned());
        }
        if api.protocol() == Protocol::OpenAi {
            return Self::parse_openai(api, body);
        }
        let wire: Wire<'a> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if wire.model.is_empty() {
            return Err("model is required".to_owned());
        }
        let mut user = 0;
        let mut texts = Vec::new();
        match api {
            Api::Chat => {
                for message in wire.messages.unwrap_or_default() {
                    if message.role.eq_ignore_ascii_case("user") {
                        user = texts.len();
                    }
                    texts.push(message.content);
                }
            }
            _ if wire.prompt.is_empty() => {}
            _ => {
                texts.push(wire.prompt);
                texts.extend(Some(wire.system).filter(|system| !system.is_empty()));
            }
        }
        Ok(Self {
            api,
            model: wire.model,
            texts,
            user,
            streamed: wire.stream.unwrap_or(true),
            usage: true,
            format: wire.format.filter(|format| !matches!(format.as_str(), Some(""))),
            options: wire.options.unwrap_or_default(),
            keep_alive: wire.keep_alive.as_ref().map_or(Ok(KEEP), keep_alive)?,
            think: wire.think.as_ref().map(think).transpose()?,
        })
    }

    /// The last user message.
    pub(crate) fn prompt(&self) -> &str {
        self.texts.get(self.user).map_or("", AsRef::as_ref)
    }
}

impl CallOptions {
    /// Context in tokens, if the call asks for one.
    pub(crate) fn context(&self) -> Option<u64> {
        self.num_ctx.and_then(|tokens| u64::try_from(tokens).ok()).filter(|tokens| *tokens > 0)
    }

    /// Most tokens that the answer may have, thinking included. Ollama writes "no limit" as -1.
    pub(crate) fn budget(&self) -> usize {
        self.num_predict
            .and_then(|tokens| usize::try_from(tokens).ok())
            .filter(|tokens| *tokens > 0)
            .unwrap_or(usize::MAX)
    }
}

fn think(value: &Value) -> Result<Think, String> {
    match value {
        Value::Bool(false) => Ok(Think::No),
        Value::Bool(true) => Ok(Think::Medium),
        Value::String(level) if level == "low" => Ok(Think::Low),
        Value::String(level) if level == "medium" => Ok(Think::Medium),
        Value::String(level) if level == "high" => Ok(Think::High),
        _ => {
            Err(format!(r#"invalid think value: {value} (must be "high", "medium", "low", true, or false)"#))
        }
    }
}

/// A number of seconds or a Go duration such as `5m` or `1h30m`; less than nothing is for ever.
pub(crate) fn keep_alive(value: &Value) -> Result<KeepAlive, String> {
    let seconds = match value {
        Value::Null => return Ok(KEEP),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => go_duration(text),
        _ => None,
    };
    let seconds = seconds.ok_or_else(|| format!("time: invalid duration {value}"))?;
    Ok(KeepAlive(Duration::try_from_secs_f64(seconds).ok()))
}

/// Seconds.
fn go_duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c != '.' && !c.is_ascii_digit()).filter(|at| *at > 0);
        // A bare 0 is the one number that needs no unit.
        let Some(unit_at) = unit_at else { return (text == "0").then_some(0.0) };
        let (number, tail) = rest.split_at(unit_at);
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, after) = tail.split_at(end);
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = after;
    }
    (!text.is_empty()).then_some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keep_alive_takes_seconds_and_go_durations() {
        let read = |value| keep_alive(&value).map(|keep| keep.0.map(|keep| keep.as_secs()));
        assert_eq!(read(json!(90)), Ok(Some(90)));
        assert_eq!(read(json!("1h30m")), Ok(Some(5400)));
        assert_eq!(read(json!("0")), Ok(Some(0)));
        assert_eq!(read(json!(-1)), Ok(None));
        assert_eq!(read(json!("-1m")), Ok(None));
        assert!(read(json!("10")).is_err());
        assert!(read(json!(true)).is_err());
    }
}
