//! `--pull`: models that are missing come before the first call.

use std::io::{BufRead, BufReader};
use std::process::Command;

use fake_ollama::{Change, Model, Options};

use super::{Ended, Place, all};

const CONFIG: &str = "
prompts: ['echo: {{n}}']
providers: [echo, ollama:chat:llama3.2, ollama:chat:llama3.2:1b, 'ollama:completion:llama3.2:1b']
tests:
  - {vars: {n: ['1', '2']}, assert: [{type: contains, value: '{{n}}'}]}
";

/// Beside a model server that has `llama3.2:latest` alone.
fn place(config: &str) -> Place {
    let options = Options { models: vec![Model::named("llama3.2")], ..Options::default() };
    Place::beside(options, config)
}

#[test]
fn only_what_is_missing_is_pulled_once_and_with_progress() {
    let place = place(CONFIG);
    let ended = place.eval(&["--pull", "-o", "out.json"]);
    ended.expect(0);
    let said = &ended.said;
    assert!(said.starts_with("llama3.2:1b: pulling manifest\n"), "{said}");
    assert!(said.contains("llama3.2:1b: verifying sha256 digest, "), "{said}");
    assert_eq!(said.matches("pulling manifest").count(), 1, "{said}");
    assert!(!said.contains(['\r', '\x1b']), "{said}");
    let results = place.json("out.json")["results"]["results"].as_array().unwrap().clone();
    assert_eq!(all(&results, "/verdict"), ["pass"; 8]);
    // It is there now.
    let ended = place.eval(&["--pull", "--no-cache"]);
    assert!(!ended.expect(0).said.contains("pulling"), "{}", ended.said);
}

#[test]
fn a_model_that_no_cell_asks_is_not_pulled_and_nothing_is_said_unasked() {
    let place = place(
        "
prompts: [x]
providers: [ollama:chat:no-such-model]
tests: [{providerOutput: given, assert: [{type: equals, value: given}]}]
",
    );
    place.eval(&["--pull"]).expect(0);
    let ended = place.eval(&["--pull", "--no-progress-bar", "-r", "ollama:chat:qwen3:8b"]);
    assert!(!ended.expect(0).said.contains("pulling"), "{}", ended.said);
}

#[test]
fn without_pull_the_error_names_it() {
    let place = place(CONFIG);
    let results = place.results(&[], 100);
    let error = results.iter().find(|result| result["provider"]["id"] == "ollama:chat:llama3.2:1b").unwrap();
    assert_eq!(
        error["error"],
        "The model server has no model `llama3.2:1b`. Pull it there, or choose another. `eval --pull` pulls it first."
    );
    // The same server over OpenAI's protocol pulls nothing.
    let results = place.results(&["-r", "openai:chat:llama3.2:1b", "--pull"], 100);
    let said = all(&results, "/error")[0];
    assert!(said.contains("no model `llama3.2:1b`") && !said.contains("--pull"), "{said}");
}

#[test]
fn a_pull_that_fails_ends_it_before_the_first_call() {
    let place = place(CONFIG);
    place.write("out.json", "earlier results");
    let ended = place.eval(&[
        "--pull",
        "-o",
        "out.json",
        "-r",
        "echo",
        "ollama:chat:llama3.2",
        "ollama:chat:nonsense",
    ]);
    ended.expect(1);
    assert!(
        ended.said.contains("promptcards: nonsense was not pulled: The registry has no such model"),
        "{}",
        ended.said
    );
    assert_eq!((ended.out.as_str(), place.models.counters().calls), ("", 0));
    assert_eq!(place.read("out.json"), "earlier results");

    let mut nowhere = place.command(&["--pull"]);
    let ended = Ended::from(nowhere.env("OLLAMA_BASE_URL", "http://127.0.0.1:1").output().unwrap());
    ended.expect(1);
    assert!(
        ended.said.starts_with("promptcards: whether llama3.2 is to be pulled is not known: "),
        "{}",
        ended.said
    );
    assert!(ended.said.contains("http://127.0.0.1:1"), "{}", ended.said);
}

#[test]
fn ctrl_c_ends_the_pull_and_leaves_earlier_results() {
    let place = place(CONFIG);
    place.write("out.json", "earlier results");
    place.models.change(&Change { pull_ms: Some(3_600_000), ..Change::default() });
    let mut child = place.command(&["--pull", "-o", "out.json"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("llama3.2:1b: pulling manifest")));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert!(lines.any(|line| {
        line.starts_with("promptcards: llama3.2:1b was not pulled: it was stopped. What came is kept")
    }));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!((place.models.counters().calls, place.read("out.json").as_str()), (0, "earlier results"));
}
