//! Makes sure that the folders of the built page and of the documentation exist, so that the Rust build needs no Node,
//! and builds again when they do.

fn main() -> std::io::Result<()> {
    for folder in ["../../web/dist", "../../target/docs-packed"] {
        std::fs::create_dir_all(folder)?;
        println!("cargo::rerun-if-changed={folder}");
    }
    Ok(())
}
