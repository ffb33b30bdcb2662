//! Which providers are wanted. What is said of the others is not looked at, so that it stands in nobody's way.

use regress::Regex;

use crate::problem::{Findings, Path};

/// The pattern of `--filter-providers`, and whom it leaves out.
#[derive(Default)]
pub(super) struct Wanted {
    /// What an id or a label matches. None: all are wanted.
    pattern: Option<Regex>,
    /// The ids and labels of those that were left out.
    pub(super) left_out: Vec<(String, Option<String>)>,
}

impl Wanted {
    /// An empty pattern wants all.
    pub(super) fn new(pattern: Option<&str>, findings: &mut Findings) -> Self {
        let mut wanted = Self::default();
        match pattern.filter(|pattern| !pattern.is_empty()).map(|pattern| (pattern, Regex::new(pattern))) {
            None => {}
            Some((_, Ok(pattern))) => wanted.pattern = Some(pattern),
            Some((pattern, Err(error))) => {
                let message =
                    format!("cannot be filtered by `{pattern}`, which is no pattern: {}", error.text);
                findings.refuse(&Path::of("providers"), message);
            }
        }
        wanted
    }

    pub(super) fn has(&mut self, id: &str, label: Option<&str>) -> bool {
        let Some(pattern) = &self.pattern else { return true };
        let has = [Some(id), label].into_iter().flatten().any(|name| pattern.find(name).is_some());
        if !has {
            self.left_out.push((id.to_owned(), label.map(str::to_owned)));
        }
        has
    }
}
