//! Model servers: those that the configuration names, which every workspace has, and those that were added to one.

mod directory;
mod edit;
mod view;

pub(crate) use directory::Directory;
pub use edit::{EditProvider, NewProvider};
pub(crate) use view::view;
pub use view::{Price, Provider};
