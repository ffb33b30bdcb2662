//! Cards: drafts, versions, labels, and what they include.

mod create;
mod draft;
mod edit;
mod includes;
mod labels;
mod list;
mod names;
mod render;
mod samples;
mod versions;
mod view;

pub use create::{DuplicateCard, FIRST_REVISION, NewCard};
pub use draft::{Draft, EditDraft};
pub use edit::EditCard;
pub(crate) use labels::MovesHub;
pub use labels::{Label, LabelMove, LabelMoves, LabelledVersion, MoveLabel};
pub use list::{CardFacets, CardFilter, CardList, Facet};
pub use render::{Preview, PreviewRequest, RenderRequest, Rendered};
pub use samples::LoadedSamples;
pub use versions::{SaveVersion, Version, VersionSummary};
pub use view::{Card, CardLabel, LastRate};

pub(crate) use create::{NewIds, insert_card};
pub(crate) use draft::is_changed as draft_is_changed;
pub(crate) use edit::stale;
pub(crate) use includes::{look_up as look_up_include, read_version};
pub(crate) use names::{is_label, slug};
pub(crate) use versions::{
    list as list_versions, pin_includes, read as read_whole_version, row as version_row,
};
pub(crate) use view::{find as find_card, index as index_card};
