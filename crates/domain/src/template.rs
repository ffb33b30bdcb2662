//! Prompt templates: Jinja by `minijinja`, bounded in time, memory and output.
//!
//! What a template prints: a text as it is, any other value as JSON writes it, so `true`, `null` and
//! `["a", 1.5]` and not Python's `True`, `None` and `['a', 1.5]`. A number is written as
//! `serde_json` read it: `3` stays `3`, `3.0` stays `3.0`, `1.10` becomes `1.1`, and an integer beyond
//! 64 bits becomes a rounded float such as `1e+20`; who needs its digits gives a text. Nothing is
//! escaped. A variable without a value may be asked for, not printed.
//!
//! Left out of Jinja: `extends`, `block`, `import` and `autoescape`. Left out of `minijinja`: what it
//! adds to Jinja's filters.
//!
//! [`NunjucksTemplate`] renders the texts of promptfoo's files, in which a missing value is nothing.

mod bounded;
mod environment;
mod failure;
mod found;
mod includes;
mod lower;
mod nunjucks;
mod problem;
mod prompt;
mod syntax;
mod tokens;

#[cfg(test)]
mod tests;

pub use found::{FoundVariable, find_variables};
pub use includes::{
    INCLUDE_DEPTH_LIMIT, IncludeReference, Includes, Lookup, ResolvedIncludes, Wanted, find_includes,
    resolve_includes,
};
pub use nunjucks::NunjucksTemplate;
pub use problem::{RenderError, TemplateProblem};
pub use prompt::{PROMPT_LIMIT, PromptTemplate, render_text};
pub use tokens::estimate_tokens;
