//! What the program says of itself.

use std::process::Command;

#[test]
fn help_is_the_usage_and_no_error() {
    for flag in ["--help", "-h"] {
        let output = Command::new(env!("CARGO_BIN_EXE_benches")).arg(flag).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{flag}: {text}");
        for words in ["Usage: benches [WHAT]...", "latency", "soak [SECONDS]", "million"] {
            assert!(text.contains(words), "{flag}: {text}");
        }
    }
}
