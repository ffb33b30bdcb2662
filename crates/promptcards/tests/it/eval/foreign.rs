//! A config that is somebody else's, as in a pull request: what it may have written, and what it says to a terminal.

use super::{Ended, Place, listed};

#[test]
fn results_are_written_outside_the_folders_only_where_a_person_says_so() {
    let place = Place::with("");
    std::fs::create_dir_all(place.path("evals/deep")).unwrap();
    place.write("victim.json", "{}");
    std::os::unix::fs::symlink("../victim.json", place.path("evals/link.json")).unwrap();
    std::os::unix::fs::symlink("..", place.path("evals/up")).unwrap();
    let eval = |outputs: &str, arguments: &[&str]| {
        place.write(
            "evals/promptfooconfig.yaml",
            format!("prompts: [x]\nproviders: ['ollama:chat:llama3.2']\n{outputs}\n"),
        );
        Ended::from(place.command(arguments).current_dir(place.path("evals")).output().unwrap())
    };
    let absolute = place.path("victim.json").display().to_string();
    for path in [
        "../victim.json",
        "link.json",
        "up/victim.json",
        "up/new/out.json",
        "new/../../victim.json",
        &absolute,
    ] {
        for outputs in [
            format!("outputPath: {path}"),
            format!("outputPath: [deep/out.csv, {path}]"),
            format!("commandLineOptions: {{output: {path}}}"),
        ] {
            let ended = eval(&outputs, &[]);
            ended.expect(1);
            let sentence =
                format!("promptcards: the config wants its results in `{path}`, which lies outside");
            assert!(ended.said.starts_with(&sentence), "{}", ended.said);
        }
    }
    assert_eq!(place.models.counters().calls, 0);
    assert_eq!(place.read("victim.json"), "{}");
    assert_eq!(listed(&place.path("evals")), ["deep", "link.json", "promptfooconfig.yaml", "up"]);
    // In its own folders it may, and a person may anywhere.
    eval("outputPath: [out.json, deep/er/out.csv]", &[]).expect(0);
    assert_eq!(place.json("evals/out.json")["results"]["stats"]["successes"], 1);
    assert_eq!(listed(&place.path("evals/deep/er")), ["out.csv"]);
    eval("outputPath: ../victim.json", &["-o", "../typed.json"]).expect(0);
    assert_eq!(place.json("typed.json")["results"]["stats"]["successes"], 1);
    assert_eq!(place.read("victim.json"), "{}");
    // Started above, all of it is inside.
    place.eval(&["-c", "evals"]).expect(1);
    place.write("evals/promptfooconfig.yaml", "prompts: [x]\nproviders: [echo]\noutputPath: victim.json\n");
    place.eval(&["-c", "evals"]).expect(0);
    assert_ne!(place.read("victim.json"), "{}");
}

#[test]
fn results_of_before_are_read_outside_the_folders_only_where_a_person_says_so() {
    let config = "prompts: [x]\nproviders: [echo]\ntests: [{vars: {a: b}}]\n";
    let place = Place::with(config);
    place.write("before.json", r#"{"results": [{"success": false, "vars": {"a": "b"}}]}"#);
    place.write(
        "evals/promptfooconfig.yaml",
        format!("{config}commandLineOptions: {{filterFailing: ../before.json}}\n"),
    );
    let eval = |arguments: &[&str]| {
        Ended::from(place.command(arguments).current_dir(place.path("evals")).output().unwrap())
    };
    let said = eval(&[]).expect(1).said.clone();
    assert!(said.contains("`../before.json` of --filter-failing cannot be read: it lies outside"), "{said}");
    eval(&["--filter-failing", "../before.json"]).expect(0);
}

#[test]
fn nothing_that_is_told_of_a_config_is_obeyed_by_the_terminal() {
    let escape = "\\u001b[2J\\u009b31m\\u0007";
    for config in [
        format!("prompts: [x]\nproviders: [{{id: 'openai:gpt-4.1', label: \"{escape}\"}}]\n"),
        format!("prompts: [x]\nproviders: [echo]\ncommandLineOptions: {{filterPattern: \"(({escape}\"}}\n"),
        format!("prompts: [x]\nproviders: [echo]\noutputPath: \"{escape}.txt\"\n"),
        format!("prompts: [x]\nproviders: [echo]\ncommandLineOptions: {{filterFailing: \"{escape}\"}}\n"),
        format!("prompts: [\"file://{escape}.txt\"]\nproviders: [echo]\n"),
    ] {
        let place = Place::with(&config);
        let mut command = place.command(&[]);
        let ended = Ended::from(command.env_remove("OPENAI_BASE_URL").output().unwrap());
        ended.expect(1);
        assert!(!ended.said.contains(['\u{1b}', '\u{9b}', '\u{7}']), "{:?}", ended.said);
        assert!(ended.said.contains("␛[2J"), "{}", ended.said);
    }
}

#[test]
fn a_reader_of_errors_that_goes_away_changes_nothing() {
    let place = Place::with("prompts: [x]\nproviders: ['no such provider']\n");
    let mut child = place.command(&[]).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
