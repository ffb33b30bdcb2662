//! What the programs of this crate share.

pub mod machine;

use std::path::{Path, PathBuf};

use anyhow::Result;

/// The product's binary, which lies beside this program.
pub fn binary() -> Result<PathBuf> {
    let binary = std::env::current_exe()?.with_file_name("promptcards");
    anyhow::ensure!(Path::exists(&binary), "{} is not there: run `make bench`", binary.display());
    Ok(binary)
}
