//! Messages as a person writes them: `- user: Hello`, or with several parts `- user: [one, two]`.

use domain::card::{Message, Part, PartType, Role};
use serde::de::Error as _;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Written {
    System(Text),
    User(Text),
    Assistant(Text),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Text {
    One(String),
    Several(Vec<String>),
}

pub(super) fn serialize<S: Serializer>(messages: &[Message], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(messages.len()))?;
    for message in messages {
        let text = match message.content.as_slice() {
            [only] => Text::One(only.text.clone()),
            several => Text::Several(several.iter().map(|part| part.text.clone()).collect()),
        };
        list.serialize_element(&match message.role {
            Role::System => Written::System(text),
            Role::User => Written::User(text),
            Role::Assistant => Written::Assistant(text),
        })?;
    }
    list.end()
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Message>, D::Error> {
    let written = Vec::<Written>::deserialize(deserializer)?;
    let message = |written| {
        let (role, text) = match written {
            Written::System(text) => (Role::System, text),
            Written::User(text) => (Role::User, text),
            Written::Assistant(text) => (Role::Assistant, text),
        };
        let texts = match text {
            Text::One(text) => vec![text],
            Text::Several(texts) if texts.is_empty() => {
                return Err(D::Error::custom("a message needs a text"));
            }
            Text::Several(texts) => texts,
        };
        let content = texts.into_iter().map(|text| Part { part_type: PartType::Text, text }).collect();
        Ok(Message { role, content })
    };
    written.into_iter().map(message).collect()
}
