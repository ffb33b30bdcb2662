//! Where and with what the figures were taken.

use std::process::Command;

/// Processor, cores, load, kernel and versions.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    format!(
        "machine: {cores} cores, {model}, Linux {}, load {load} before the start\nversions: promptcards {}, SQLite {}, {}",
        kernel.trim(),
        env!("CARGO_PKG_VERSION"),
        rusqlite::version(),
        compiler(),
    )
}

fn compiler() -> String {
    let said = Command::new("rustc").arg("--version").output();
    let said = said.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    said.map_or_else(|| "rustc unknown".to_owned(), |said| said.trim().to_owned())
}
