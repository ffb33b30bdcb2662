//! The workspace of a server, by its name in addresses.

use std::fmt;
use std::str::FromStr;

/// A name that stands in an address as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workspace(String);

impl FromStr for Workspace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(
                "a workspace is named by lower case, digits and hyphens, as in its address".to_owned()
            );
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Workspace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Workspace {
    /// What stands before the path of a page of it.
    pub(super) fn of_pages(&self) -> String {
        if self.0 == engine::DEFAULT_WORKSPACE { String::new() } else { format!("/w/{self}") }
    }
}
