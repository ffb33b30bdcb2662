//! What is written down: a line of the chain, and a checkpoint of it.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Entry;
use crate::clock::{Millis, Timestamp};

/// What stands in place of the hash before the first line.
pub const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A line of the log as it is stored. Its texts are what is there, also where they make no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number: 1, 2, 3 and so on, without a gap.
    pub seq: i64,
    /// When it was.
    pub at: Millis,
    /// See [`Entry`].
    pub actor_kind: String,
    /// The id of the account.
    pub actor: Option<String>,
    /// The id of the session or the API key.
    pub credential: Option<String>,
    /// The hash of the address.
    pub address: Option<String>,
    /// The name of the action.
    pub action: String,
    /// The id of the workspace.
    pub workspace: Option<String>,
    /// What it was done to.
    pub object: String,
    /// What came of it.
    pub outcome: String,
    /// The id of the request.
    pub request: Option<String>,
    /// A JSON object with its keys in order.
    pub detail: String,
    /// The hash of the line before it.
    pub prev_hash: String,
    /// Its hash.
    pub hash: String,
}

/// A line as its hash is taken over: every field but the hashes, by name.
#[derive(Serialize)]
struct Canonical<'a> {
    action: &'a str,
    actor: Option<&'a str>,
    actor_kind: &'a str,
    address: Option<&'a str>,
    at: Timestamp,
    credential: Option<&'a str>,
    detail: &'a RawValue,
    object: &'a str,
    outcome: &'a str,
    request: Option<&'a str>,
    seq: i64,
    workspace: Option<&'a str>,
}

impl Record {
    /// The line of an entry that comes after the line with the hash `prev_hash`.
    pub fn of(entry: &Entry, seq: i64, prev_hash: &str) -> Self {
        let mut record = Self {
            seq,
            at: entry.at,
            actor_kind: entry.actor_kind.as_str().to_owned(),
            actor: entry.actor.map(|id| id.to_string()),
            credential: entry.credential.clone(),
            address: entry.address.clone(),
            action: entry.action.as_str().to_owned(),
            workspace: entry.workspace.map(|id| id.to_string()),
            object: entry.object.clone(),
            outcome: entry.outcome.as_str().to_owned(),
            request: entry.request.map(|id| id.to_string()),
            detail: sorted(&entry.detail),
            prev_hash: prev_hash.to_owned(),
            hash: String::new(),
        };
        record.hash = record.own_hash();
        record
    }

    /// The line as one JSON object, its keys in order, without spaces; empty where `detail` is no JSON.
    pub fn canonical(&self) -> String {
        let Ok(detail) = serde_json::from_str(&self.detail) else { return String::new() };
        let canonical = Canonical {
            action: &self.action,
            actor: self.actor.as_deref(),
            actor_kind: &self.actor_kind,
            address: self.address.as_deref(),
            at: Timestamp(self.at),
            credential: self.credential.as_deref(),
            detail,
            object: &self.object,
            outcome: &self.outcome,
            request: self.request.as_deref(),
            seq: self.seq,
            workspace: self.workspace.as_deref(),
        };
        serde_json::to_string(&canonical).unwrap_or_default()
    }

    /// What its hash must be: of the hash before it, in hexadecimal digits, and the canonical line.
    pub fn own_hash(&self) -> String {
        hex::encode(Sha256::new().chain_update(&self.prev_hash).chain_update(self.canonical()).finalize())
    }

    /// The line as it is exported, one JSON object: `{"entry":…,"prev_hash":…,"hash":…}`.
    pub fn exported(&self) -> String {
        format!(r#"{{"entry":{},"prev_hash":"{}","hash":"{}"}}"#, self.canonical(), self.prev_hash, self.hash)
    }
}

/// How long the log was at a time, and what its last line's hash was: signed, so that what comes before it cannot be
/// written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The number of the last line.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// When it was.
    pub at: Millis,
    /// The Ed25519 signature of [`signed`](Self::signed), in hexadecimal digits.
    pub signature: String,
}

impl Checkpoint {
    /// What is signed.
    pub fn signed(&self) -> String {
        format!("promptcards audit checkpoint\n{}\n{}\n{}", self.seq, self.hash, Timestamp(self.at))
    }
}

/// A JSON object with its keys in order, at every depth.
fn sorted(detail: &Map<String, Value>) -> String {
    fn sort(value: &Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(in_order(fields)),
            Value::Array(items) => items.iter().map(sort).collect(),
            other => other.clone(),
        }
    }
    fn in_order(fields: &Map<String, Value>) -> Map<String, Value> {
        let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.clone(), sort(value))).collect();
        fields.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        fields.into_iter().collect()
    }
    Value::Object(in_order(detail)).to_string()
}
