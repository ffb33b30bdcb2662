//! What every protocol's request bodies share.

use std::fmt;

use bytes::Bytes;
use domain::card::{Message, Role};
use serde::{Serialize, Serializer};

use crate::error::{CallError, CallErrorKind};

/// The body as JSON.
pub(crate) fn to_bytes(body: &impl Serialize) -> Result<Bytes, CallError> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|error| {
        CallError::new(
            CallErrorKind::RefusedRequest { status: 400 },
            format!("The request cannot be written as JSON: {error}. Nothing was sent."),
        )
    })
}

/// Messages with their parts joined, as both protocols take them.
pub(crate) fn messages<S: Serializer>(messages: &[Message], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Sent<'a> {
        role: Role,
        #[serde(serialize_with = "text")]
        content: &'a Message,
    }
    serializer.collect_seq(messages.iter().map(|message| Sent { role: message.role, content: message }))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
fn text<S: Serializer>(message: &&Message, serializer: S) -> Result<S::Ok, S::Error> {
    struct Parts<'a>(&'a Message);
    impl fmt::Display for Parts<'_> {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.content.iter().try_for_each(|part| formatter.write_str(&part.text))
        }
    }
    match message.content.as_slice() {
        [only] => serializer.serialize_str(&only.text),
        _ => serializer.collect_str(&Parts(message)),
    }
}
