//! What this server may call, and whom it has called.

mod endpoints;
mod hosts;

pub use endpoints::{AllowedEndpoint, EndpointSource, ListedEndpoint, NewEndpoint};
pub use hosts::ContactedHost;
pub(crate) use hosts::keep_contacts;
