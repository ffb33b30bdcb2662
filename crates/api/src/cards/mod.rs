//! Cards, and what belongs to one: its draft, its versions, its labels.

mod answers;
pub(crate) mod archive;
pub(crate) mod create;
pub(crate) mod draft;
pub(crate) mod duplicate;
pub(crate) mod edit;
pub(crate) mod facets;
pub(crate) mod get;
pub(crate) mod labels;
pub(crate) mod list;
pub(crate) mod preview;
pub(crate) mod render;
pub(crate) mod restore;
pub(crate) mod samples;
pub(crate) mod versions;

pub(crate) use answers::CardAnswers;
