//! What the pages on installing, scaling and watching tell people to type, as far as it can be typed here.

use std::fs;
use std::process::Command;

use super::{project, read, settings_in_force};

const PAGES: [&str; 3] =
    ["docs/operations/install.md", "docs/operations/scale.md", "docs/operations/monitor.md"];

/// The blocks of a language on a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let begin = format!("\n```{language}\n");
    let text = read(page);
    text.split(&begin).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// Each line that is typed, of all pages.
fn lines() -> Vec<String> {
    let blocks = PAGES.iter().flat_map(|page| blocks(page, "sh"));
    blocks
        .flat_map(|block| block.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn a_name_of_ones_own_stands_everywhere_after_the_line_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let line = lines().into_iter().find(|line| line.starts_with("sed ")).unwrap();
    let files: Vec<&str> = line.split_whitespace().filter(|word| word.starts_with("deploy/")).collect();
    for file in &files {
        let copy = folder.path().join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(project().join(file), copy).unwrap();
    }
    assert!(Command::new("sh").args(["-c", &line]).current_dir(folder.path()).status().unwrap().success());
    for file in &files {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        let told: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        let told = told.join("\n");
        assert!(told.contains("prompts.example.com") && !told.contains("cards.example.org"), "{file}");
    }
    // No other file that is used has it.
    for file in ["deploy/nginx/upstreams.conf", "deploy/nginx/container/nginx.conf", "deploy/Dockerfile"] {
        assert!(!read(file).contains("cards.example.org"), "{file}");
    }
}

#[test]
fn commands_and_files_that_are_typed_are_there() {
    let help = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_promptcards")).args(arguments).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let mut commands = 0;
    for line in lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            if word.starts_with("deploy/") && !word.starts_with("deploy/secrets") {
                assert!(project().join(word).exists(), "{line}");
            }
            let before = at.checked_sub(1).map(|before| words[before]);
            let ours = word.starts_with("./") && word.ends_with("/promptcards")
                || *word == "promptcards" && matches!(before, None | Some("--"));
            let Some(command) = words.get(at + 1).filter(|_| ours) else {
                continue;
            };
            let said = help(&words[at + 1..].iter().take(1).copied().collect::<Vec<_>>());
            assert!(said.contains(&format!("promptcards {command}")), "{line}");
            commands += 1;
        }
    }
    assert!(commands >= 3, "{commands}");
}

#[test]
fn the_settings_of_an_instance_are_settings() {
    let folder = tempfile::tempdir().unwrap();
    let settings = blocks("docs/operations/scale.md", "toml");
    let file = folder.path().join("promptcards.toml");
    fs::write(&file, &settings[0]).unwrap();
    let config = settings_in_force(&[], &["--config", file.to_str().unwrap()]);
    // nginx and Prometheus ask these ports in the files that are shipped.
    let listen = config["server"]["listen"].as_str().unwrap();
    assert!(read("deploy/nginx/upstreams.conf").contains(&format!("server {listen} ")), "{listen}");
    let metrics = config["server"]["metrics_listen"].as_str().unwrap();
    assert!(metrics.ends_with(":9464") && read("deploy/prometheus/prometheus.yml").contains("port: 9464"));
}
