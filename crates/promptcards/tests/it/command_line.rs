//! What the command line says of itself: help with examples, completions, manual pages, and the example of `init`.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

fn promptcards(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_promptcards")).current_dir(folder).args(args).output().unwrap()
}

fn out(args: &[&str], folder: &Path) -> String {
    let output = promptcards(args, folder);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The commands that the help of the program lists.
fn commands(folder: &Path) -> Vec<String> {
    let help = out(&["--help"], folder);
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|name| name != "help")
        .collect()
}

#[test]
fn every_command_has_examples_a_manual_page_and_a_place_in_completions() {
    let folder = tempfile::tempdir().unwrap();
    let commands = commands(folder.path());
    assert!(commands.len() >= 11 && commands.contains(&"import".to_owned()), "{commands:?}");
    let completions: Vec<String> =
        ["bash", "zsh", "fish"].iter().map(|shell| out(&["completions", shell], folder.path())).collect();
    for command in &commands {
        let help = out(&[command, "--help"], folder.path());
        assert!(
            help.contains("Example") && help.contains(&format!("promptcards {command}")),
            "{command}: {help}"
        );
        let page = out(&["man", command], folder.path());
        assert!(
            page.contains(&format!("promptcards\\-{}", command.replace('-', "\\-")))
                && page.contains("EXTRA"),
            "{command}: {page}"
        );
        for script in &completions {
            assert!(script.contains(command.as_str()), "{command}");
        }
    }
    assert!(out(&["man"], folder.path()).contains("import"));
    let unknown = promptcards(&["man", "nothing"], folder.path());
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&unknown.stderr).contains("there is no command `nothing`; there are serve, ")
    );
}

#[test]
fn completions_are_a_script_that_the_shell_takes() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("completions.bash");
    std::fs::write(&script, out(&["completions", "bash"], folder.path())).unwrap();
    let mut bash = Command::new("bash");
    bash.current_dir(folder.path())
        .args(["-c", ". ./completions.bash && complete -p promptcards"])
        .assert()
        .success();
}

#[test]
fn the_reference_names_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let reference = include_str!("../../../../docs/reference/command-line.md");
    for command in commands(folder.path()) {
        assert!(reference.contains(&format!("| `promptcards {command}")), "{command}");
    }
}

#[test]
fn init_writes_an_example_and_nothing_over_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let said = out(&["init", "--github", "--gitlab", "evals"], folder.path());
    assert!(said.ends_with("Try it: cd evals && promptcards eval\n"), "{said}");
    let evals = folder.path().join("evals");
    let written = ["promptfooconfig.yaml", ".github/workflows/prompts.yml", ".gitlab-ci.yml"];
    for name in written {
        assert!(said.contains(&format!("{name} is written\n")), "{said}");
        assert!(evals.join(name).exists(), "{name}");
    }
    std::fs::write(evals.join("promptfooconfig.yaml"), "mine").unwrap();
    std::fs::remove_file(evals.join(".gitlab-ci.yml")).unwrap();
    let again = promptcards(&["init", "--gitlab", "evals"], folder.path());
    assert_eq!((again.status.code(), again.stdout.len()), (Some(1), 0));
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.contains("promptfooconfig.yaml is there already, in evals. Nothing was written"), "{said}");
    assert_eq!(std::fs::read_to_string(evals.join("promptfooconfig.yaml")).unwrap(), "mine");
    assert!(!evals.join(".gitlab-ci.yml").exists(), "all or none");
}

/// What a setting is and where it comes from: a file of its folder and one variable are the only ones.
fn explained(key: &str, folder: &Path) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
    command.current_dir(folder).args(["config", "explain", key]).env("PROMPTCARDS_STORE__READERS", "4");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{key}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_setting_is_explained_with_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("promptcards.toml"), "[store]\nreaders = 2\nread_queue = 7\n").unwrap();
    for (key, in_force, default, from) in [
        ("store.readers", "4", "9", "the variable PROMPTCARDS_STORE__READERS"),
        ("PROMPTCARDS_STORE__READ_QUEUE", "7", "2048", "the file promptcards.toml"),
        ("store.write_queue", "2048", "2048", "nobody: it is the default"),
        ("server.tls_key_file", "not given", "not given", "nobody: it is the default"),
    ] {
        let lines = explained(key, folder.path());
        let line = |name: &str| {
            let found = lines.iter().find_map(|line| line.strip_prefix(name)).unwrap();
            found.trim().to_owned()
        };
        assert_eq!(
            (line("in force").as_str(), line("default").as_str(), line("said by").as_str()),
            (in_force, default, from),
            "{key}"
        );
        assert!(lines[2].len() > 20, "{key} has no meaning: {lines:?}");
    }
    for (key, told) in [("store.reders", "here are store."), ("stor.readers", "the sections are server, log")]
    {
        let output = promptcards(&["config", "explain", key], folder.path());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(told), "{said}");
    }
}

#[test]
fn settings_are_checked_without_a_start() {
    let folder = tempfile::tempdir().unwrap();
    assert!(out(&["config", "check"], folder.path()).contains("there is no file promptcards.toml"));
    std::fs::write(folder.path().join("promptcards.toml"), "[store]\nreaders = 0\n").unwrap();
    let output = promptcards(&["config", "check"], folder.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("readers"), "{said}");
    assert!(!folder.path().join("data").exists());
}
