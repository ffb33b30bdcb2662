//! Sharing: who may make it lets others read one card or one run, by a link or by their accounts.
//!
//! Whoever reads goes through `look`, which is told what is shared and never what is not.

mod look;
mod make;

pub use look::{SharedCard, SharedItem, SharedKind, SharedPart, SharedPlace, SharedView};
pub use make::{MadeShare, NewShare, Share, ShareFilter};
