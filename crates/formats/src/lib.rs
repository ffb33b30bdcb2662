//! Files in and out, pure: what a file says, and what is written into one. No file is opened here: the
//! caller hands in the [`Files`] to look them up in, and what to write to.
//!
//! **promptfoo's files** ([`promptfoo`]), as `promptcards eval` uses them:
//! ```
//! use std::collections::BTreeMap;
//!
//! use formats::InMemoryFiles;
//! use formats::promptfoo::{Flags, Input, read};
//!
//! let config = "prompts: ['Say {{word}}']\nproviders: [echo]\ntests:\n  - vars: {word: [hi, ho]}\n    assert: [{type: contains, value: '{{word}}'}]\n";
//! let files: InMemoryFiles = [("promptfooconfig.yaml", config)].into_iter().collect();
//! let environment = BTreeMap::new();
//! let input = Input {
//!     files: &files,
//!     config: Some("promptfooconfig.yaml"),
//!     environment: &environment,
//!     flags: Flags::default(),
//! };
//! // Everything that is not supported is named at once, with its path.
//! let evaluation = read(input).map_err(|problems| problems[0].to_string())?;
//! let renderer = evaluation.renderer();
//! for cell in evaluation.cells().map_err(|problem| problem.to_string())? {
//!     let provider = &evaluation.providers[cell.provider];
//!     let rendered = renderer.render(&cell).map_err(|error| error.to_string())?;
//!     // Ask `provider` with `rendered.prompt` or `rendered.messages()`, or take
//!     // `evaluation.tests[cell.test].provider_output`; then judge the answer by this case:
//!     let case = renderer.case(&cell, &rendered).map_err(|error| error.to_string())?;
//!     let compiled = domain::assertion::Judge::default().compile_rendered(&case);
//!     let answer = domain::completion::Completion { content: rendered.prompt, ..Default::default() };
//!     let answer = domain::assertion::Answer::of(&answer);
//!     assert_eq!(compiled.judge(&answer).verdict, Some(domain::verdict::Verdict::Pass), "{}", provider.id);
//! }
//! # Ok::<(), String>(())
//! ```
//!
//! **Results** ([`results`]): each result is counted into `Totals`, then written by a `Writer` for `.json`,
//! `.jsonl`, `.csv`, `.junit.xml` or `.html`.
//!
//! **Our own files** ([`native`]): cards with versions, labels and suites as YAML, without loss, and a card as a
//! config of promptfoo, with what does not map.
//!
//! To support one more of promptfoo's fields, take it out of its `Fields` where the others of its object are
//! taken: what nobody takes is named as not supported.

mod files;
pub mod native;
mod problem;
pub mod promptfoo;
pub mod results;

pub use files::{Entry, FILE_LIMIT, FileError, Files, InMemoryFiles, Scope};
pub use problem::Problem;
