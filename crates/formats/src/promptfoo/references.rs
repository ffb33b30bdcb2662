//! `$ref` in a config: each is replaced by what it points to.

use serde_json::{Map, Value};

use crate::problem::{Findings, Path};

/// Most values that references may add to a config.
const COPIED_LIMIT: usize = 500_000;
/// Most references that lead to one another.
const CHAIN_LIMIT: usize = 32;

/// Replaces every `{"$ref": "#/…"}` by the value at that pointer. Fields beside `$ref` are kept over it.
pub(super) fn resolve(document: &mut Value, findings: &mut Findings) {
    if !has_reference(document) {
        return;
    }
    let original = document.clone();
    let mut resolver = Resolver { original: &original, findings, copied: 0 };
    resolver.replace(document, &Path::default(), 0);
}

fn has_reference(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_reference),
        Value::Object(fields) => {
            fields.get("$ref").is_some_and(Value::is_string) || fields.values().any(has_reference)
        }
        _ => false,
    }
}

struct Resolver<'a> {
    original: &'a Value,
    findings: &'a mut Findings,
    copied: usize,
}

impl Resolver<'_> {
    fn replace(&mut self, value: &mut Value, path: &Path, depth: usize) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.replace(item, &path.index(index), depth);
                }
            }
            Value::Object(fields) => {
                if let Some(target) = self.target(fields, path, depth) {
                    *value = target;
                    return self.replace(value, path, depth + 1);
                }
                for (key, item) in fields.iter_mut() {
                    self.replace(item, &path.key(key), depth);
                }
            }
            _ => {}
        }
    }

    /// What an object with `$ref` stands for. None: it is an object like any other.
    fn target(&mut self, fields: &mut Map<String, Value>, path: &Path, depth: usize) -> Option<Value> {
        let reference = fields.get("$ref")?.as_str()?.to_owned();
        let at = path.key("$ref");
        fields.shift_remove("$ref");
        let Some(pointer) = reference.strip_prefix('#') else {
            self.findings
                .refuse(&at, format!("`{reference}` points into another file, which is not supported"));
            return None;
        };
        if depth >= CHAIN_LIMIT {
            self.findings.refuse(&at, format!("`{reference}` leads back to itself"));
            return None;
        }
        let Some(found) = self.original.pointer(pointer) else {
            self.findings.refuse(&at, format!("`{reference}` points to nothing"));
            return None;
        };
        self.copied = self.copied.saturating_add(size(found));
        if self.copied > COPIED_LIMIT {
            self.findings.refuse(&at, format!("the references add more than {COPIED_LIMIT} values"));
            return None;
        }
        let mut target = found.clone();
        if let Value::Object(target) = &mut target {
            target.append(fields);
        }
        Some(target)
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(size).sum::<usize>(),
        _ => 1,
    }
}
