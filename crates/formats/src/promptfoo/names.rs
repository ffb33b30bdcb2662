//! Names of prompts and providers, where a test or a provider lists the only ones that it is for.

use super::model::{Prompt, Provider};
use super::tests::RawTest;
use crate::problem::{Findings, Path};

/// Whether one of the names fits. None: there is no list, and everything is allowed.
pub(super) fn is_allowed(names: Option<&[String]>, fits: impl Fn(&str) -> bool) -> bool {
    names.is_none_or(|names| names.iter().any(|name| fits(name)))
}

pub(super) fn fits_prompt(name: &str, prompt: &Prompt) -> bool {
    fits(name, [Some(prompt.label.as_str()), prompt.given_id.as_deref()])
}

pub(super) fn fits_provider(name: &str, provider: &Provider) -> bool {
    fits(name, [provider.label.as_deref(), Some(provider.id.as_str())])
}

/// A name fits exactly, before a colon, or up to its `*`.
fn fits(name: &str, own: [Option<&str>; 2]) -> bool {
    own.into_iter().flatten().any(|own| {
        own == name
            || name.strip_suffix('*').is_some_and(|start| own.starts_with(start))
            || own.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'))
    })
}

/// What names may stand for.
pub(super) struct Named<'a> {
    pub(super) prompts: &'a [Prompt],
    pub(super) providers: &'a [Provider],
    /// The ids and labels of providers that are not wanted.
    pub(super) left_out: &'a [(String, Option<String>)],
}

impl Named<'_> {
    /// Refuses what fits nothing: the test would be asked of nobody, and pass in silence.
    pub(super) fn check(&self, test: &RawTest, findings: &mut Findings) {
        for name in test.prompts.iter().flatten() {
            if !self.prompts.iter().any(|prompt| fits_prompt(name, prompt)) {
                findings.refuse(&test.path.key("prompts"), format!("`{name}` is the name of no prompt"));
            }
        }
        for name in test.providers.iter().flatten() {
            let is_left_out =
                || self.left_out.iter().any(|(id, label)| fits(name, [label.as_deref(), Some(id)]));
            if !self.providers.iter().any(|provider| fits_provider(name, provider)) && !is_left_out() {
                findings.refuse(&test.path.key("providers"), format!("`{name}` is the name of no provider"));
            }
        }
    }

    /// Notes the same of a provider. promptfoo does not ask it then, and says nothing.
    pub(super) fn note_providers(&self, path: &Path, findings: &mut Findings) {
        for provider in self.providers {
            for name in provider.prompts.iter().flatten() {
                if !self.prompts.iter().any(|prompt| fits_prompt(name, prompt)) {
                    let message =
                        format!("`{name}` in the `prompts` of {} is the name of no prompt", provider.name());
                    findings.note(path, message);
                }
            }
        }
    }
}
