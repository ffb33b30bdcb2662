//! Taking fields out of a config, each with its path.

use serde_json::{Map, Value};

use crate::problem::{Findings, Path};

/// An object of the config. Fields are taken out; what is left at the end is unknown.
pub(super) struct Fields {
    fields: Map<String, Value>,
    pub(super) path: Path,
}

impl Fields {
    /// The fields of an object, or a problem.
    pub(super) fn of(value: Value, path: Path, findings: &mut Findings) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self { fields, path }),
            Value::Null => None,
            _ => {
                findings.refuse(&path, "must be a map");
                None
            }
        }
    }

    /// Takes a field. Null is like absence.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.fields.shift_remove(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, key: &str, findings: &mut Findings) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => self.wrong(key, "must be a text", findings),
        }
    }

    pub(super) fn number(&mut self, key: &str, findings: &mut Findings) -> Option<f64> {
        let value = self.take(key)?;
        value.as_f64().or_else(|| self.wrong(key, "must be a number", findings))
    }

    /// A whole number of at least 0. A text that is one will do, as for promptfoo.
    pub(super) fn count(&mut self, key: &str, findings: &mut Findings) -> Option<u64> {
        let value = self.take(key)?;
        let number = match &value {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_u64().or_else(|| {
                number
                    .as_f64()
                    .filter(|number| number.fract() == 0.0)
                    .and_then(|number| format!("{number:.0}").parse().ok())
            }),
            _ => None,
        };
        number.or_else(|| self.wrong(key, "must be a whole number, 0 or more", findings))
    }

    pub(super) fn small_count(&mut self, key: &str, findings: &mut Findings) -> Option<u32> {
        let count = self.count(key, findings)?;
        u32::try_from(count).ok().or_else(|| self.wrong(key, "is too large", findings))
    }

    pub(super) fn flag(&mut self, key: &str, findings: &mut Findings) -> Option<bool> {
        let value = self.take(key)?;
        value.as_bool().or_else(|| self.wrong(key, "must be true or false", findings))
    }

    /// A list of texts, or one text.
    pub(super) fn texts(&mut self, key: &str, findings: &mut Findings) -> Option<Vec<String>> {
        match self.take(key)? {
            Value::String(text) => Some(vec![text]),
            Value::Array(items) => {
                let texts: Option<Vec<String>> =
                    items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.or_else(|| self.wrong(key, "must be a list of texts", findings))
            }
            _ => self.wrong(key, "must be a list of texts", findings),
        }
    }

    pub(super) fn map(&mut self, key: &str, findings: &mut Findings) -> Map<String, Value> {
        match self.take(key) {
            None => Map::new(),
            Some(Value::Object(map)) => map,
            Some(_) => self.wrong(key, "must be a map", findings).unwrap_or_default(),
        }
    }

    /// The fields of a field, if it is there.
    pub(super) fn fields(&mut self, key: &str, findings: &mut Findings) -> Option<Self> {
        let value = self.take(key)?;
        Self::of(value, self.path.key(key), findings)
    }

    fn wrong<T>(&self, key: &str, message: &str, findings: &mut Findings) -> Option<T> {
        findings.refuse(&self.path.key(key), message);
        None
    }

    /// Names fields that would change the result and that we do not know.
    pub(super) fn unsupported(&mut self, keys: &[&str], findings: &mut Findings) {
        for key in keys {
            if self.take(key).is_some_and(|value| !is_empty(&value)) {
                findings.unsupported(&self.path.key(key));
            }
        }
    }

    /// Names fields that change no verdict.
    pub(super) fn passed_over(&mut self, keys: &[&str], findings: &mut Findings) {
        for key in keys {
            if self.take(key).is_some_and(|value| !is_empty(&value)) {
                findings.note(&self.path.key(key), "is passed over: no verdict depends on it here");
            }
        }
    }

    /// Refuses every field that nobody took.
    pub(super) fn refuse_rest(self, findings: &mut Findings) {
        for key in self.fields.keys() {
            findings.unsupported(&self.path.key(key));
        }
    }

    /// Every field that nobody took.
    pub(super) fn rest(self) -> Map<String, Value> {
        self.fields
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}
