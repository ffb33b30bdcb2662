//! Makes sure that the folders of the built page and of the documentation exist, so that the Rust build needs no Node,
//! and builds again when they do. A debug build reads their files when it starts.

fn main() -> std::io::Result<()> {
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-changed=build.rs");
    for folder in ["../../web/dist-packed", "../../target/docs-packed"] {
        std::fs::create_dir_all(folder)?;
        if release {
            println!("cargo::rerun-if-changed={folder}");
        }
    }
    Ok(())
}
