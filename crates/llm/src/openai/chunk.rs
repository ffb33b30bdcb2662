//! One event of a streamed answer, as the servers that claim to be compatible write it.

use std::borrow::Cow;
use std::fmt;

use domain::completion::{ToolCall, Usage};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use crate::answer::TOOLS_LIMIT;
use crate::json::{Few, Text, count, word};

/// What is asked of an event. What may have another shape than the protocol's is left as it is written.
#[derive(Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default)]
    pub(super) choices: Option<FirstChoice<'a>>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) timings: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
}

/// The first choice of a list: only one was asked for.
pub(super) struct FirstChoice<'a>(pub(super) Option<Choice<'a>>);

#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(borrow, default)]
    index: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) delta: Option<Delta<'a>>,
    /// Of a server that does not stream.
    #[serde(borrow, default)]
    pub(super) message: Option<Delta<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<Content<'a>>,
    #[serde(borrow, default)]
    pub(super) reasoning_content: Option<Content<'a>>,
    #[serde(borrow, default)]
    pub(super) reasoning: Option<Content<'a>>,
    #[serde(borrow, default)]
    pub(super) refusal: Option<Content<'a>>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Few<ToolDelta<'a>, { TOOLS_LIMIT + 1 }>>,
    #[serde(borrow, default)]
    pub(super) function_call: Option<FunctionDelta<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ToolDelta<'a> {
    #[serde(borrow, default)]
    index: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    function: Option<FunctionDelta<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct FunctionDelta<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

/// Text: a string, or a list of parts of which some are thinking. What is neither says nothing.
#[derive(Default)]
pub(super) struct Content<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) thinking: String,
}

impl<'de: 'a, 'a> Deserialize<'de> for FirstChoice<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = FirstChoice<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of choices")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut choices: A) -> Result<FirstChoice<'de>, A::Error> {
                while let Some(choice) = choices.next_element::<Choice<'de>>()? {
                    if choice.index.is_none_or(|index| count(Some(index)).unwrap_or(0) == 0) {
                        while choices.next_element::<IgnoredAny>()?.is_some() {}
                        return Ok(FirstChoice(Some(choice)));
                    }
                }
                Ok(FirstChoice(None))
            }
        }
        deserializer.deserialize_seq(Visitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Content<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("text or a list of parts")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Content<'de>, E> {
                Ok(Content { text: Cow::Borrowed(text), thinking: String::new() })
            }

            fn visit_str<E>(self, text: &str) -> Result<Content<'de>, E> {
                Ok(Content { text: Cow::Owned(text.to_owned()), thinking: String::new() })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content<'de>, A::Error> {
                let mut whole = Content::default();
                while let Some(part) = parts.next_element::<Content<'de>>()? {
                    whole.text.to_mut().push_str(&part.text);
                    whole.thinking.push_str(&part.thinking);
                }
                Ok(whole)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut part: A) -> Result<Content<'de>, A::Error> {
                let mut whole = Content::default();
                while let Some(Text(name)) = part.next_key()? {
                    match &*name {
                        "text" => whole.text = part.next_value::<Content<'de>>()?.text,
                        // It is itself a text or a list of parts.
                        "thinking" => whole.thinking = part.next_value::<Content<'de>>()?.text.into_owned(),
                        _ => drop(part.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(whole)
            }

            fn visit_unit<E>(self) -> Result<Content<'de>, E> {
                Ok(Content::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Content<'de>, E> {
                Ok(Content::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Content<'de>, E> {
                Ok(Content::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Content<'de>, E> {
                Ok(Content::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Content<'de>, E> {
                Ok(Content::default())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Choice<'_> {
    /// Why the answer has ended, if it has.
    pub(super) fn finish_reason(&self) -> Option<String> {
        word(self.finish_reason)
    }
}

impl ToolDelta<'_> {
    /// The number of its call, where the server counts them.
    pub(super) fn index(&self) -> Option<i64> {
        count(self.index)
    }

    /// What it adds to its call.
    pub(super) fn part(&self) -> ToolCall {
        let part = self.function.as_ref().map(FunctionDelta::part).unwrap_or_default();
        ToolCall { id: word(self.id), ..part }
    }
}

impl FunctionDelta<'_> {
    pub(super) fn part(&self) -> ToolCall {
        let arguments = match self.arguments.map(RawValue::get) {
            None | Some("null") => String::new(),
            // Some servers write an object where the protocol has a text of JSON.
            Some(written) => serde_json::from_str(written).unwrap_or_else(|_| written.to_owned()),
        };
        ToolCall { id: None, name: word(self.name).unwrap_or_default(), arguments }
    }
}

/// The tokens that were used. None: it does not say.
pub(super) fn usage(written: &RawValue) -> Option<Usage> {
    #[derive(Deserialize)]
    struct Used<'a> {
        #[serde(borrow, default, rename = "prompt_tokens")]
        prompt: Option<&'a RawValue>,
        #[serde(borrow, default, rename = "completion_tokens")]
        completion: Option<&'a RawValue>,
        #[serde(borrow, default, rename = "input_tokens")]
        input: Option<&'a RawValue>,
        #[serde(borrow, default, rename = "output_tokens")]
        output: Option<&'a RawValue>,
    }
    let used: Used<'_> = serde_json::from_str(written.get()).ok()?;
    Some(Usage {
        prompt_tokens: count(used.prompt).or_else(|| count(used.input)),
        completion_tokens: count(used.completion).or_else(|| count(used.output)),
    })
}

/// The milliseconds of prompt and answer, as llama.cpp tells them.
pub(super) fn timings(written: &RawValue) -> [Option<i64>; 2] {
    #[derive(Deserialize)]
    struct Spent<'a> {
        #[serde(borrow, default)]
        prompt_ms: Option<&'a RawValue>,
        #[serde(borrow, default)]
        predicted_ms: Option<&'a RawValue>,
    }
    let spent = serde_json::from_str::<Spent<'_>>(written.get());
    spent.map_or([None; 2], |spent| [count(spent.prompt_ms), count(spent.predicted_ms)])
}
