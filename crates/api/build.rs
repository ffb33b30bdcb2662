//! Makes sure that the folder of the built page exists, so that the Rust build needs no Node, and builds again
//! when the page does.

fn main() -> std::io::Result<()> {
    std::fs::create_dir_all("../../web/dist")?;
    println!("cargo::rerun-if-changed=../../web/dist");
    Ok(())
}
