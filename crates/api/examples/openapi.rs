//! Writes the OpenAPI document to standard output.

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::io::stdout().write_all(api::router::openapi()?.as_bytes())?;
    Ok(())
}
