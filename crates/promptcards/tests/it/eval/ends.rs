//! How an evaluation ends before its end: Ctrl-C, time that is over, a server that is down.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use fake_ollama::Fault;
use serde_json::Value;

use super::{Ended, Place, all};

/// Ten cells of each of two providers.
const CONFIG: &str = "
prompts: ['echo: {{n}}']
providers: [echo, ollama:chat:llama3.2]
tests:
  - {vars: {n: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']}, assert: [{type: contains, value: '{{n}}'}]}
";

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// An evaluation in which ten cells are done and ten hang: all have begun once the last of these hangs.
fn hanging(arguments: &[&str]) -> (Place, Child) {
    let place = Place::with(CONFIG);
    place.models.fail(Fault::HangBefore);
    let child = place.command(&[&["-j", "20"], arguments].concat()).spawn().unwrap();
    place.runtime.block_on(place.models.wait_until(|counters| counters.hanging == 10));
    (place, child)
}

#[test]
fn ctrl_c_ends_the_calls_and_writes_the_results_until_then() {
    let (place, child) =
        hanging(&["-o", "out.json", "-o", "out.jsonl", "-o", "out.csv", "-o", "o.junit.xml", "-o", "o.html"]);
    signal(&child, "-INT");
    let ended = Ended::from(child.wait_with_output().unwrap());
    ended.expect(130);
    assert!(ended.said.contains("Stopping: calls are ended"), "{}", ended.said);
    assert!(ended.said.contains("Interrupted: 10 of 20 have a result."), "{}", ended.said);
    assert!(ended.out.contains("10 of 10 passed"), "{}", ended.out);
    let results = place.json("out.json")["results"]["results"].as_array().unwrap().clone();
    assert_eq!(all(&results, "/provider/id"), ["echo"; 10]);
    assert_eq!(all(&results, "/verdict"), ["pass"; 10]);
    assert_eq!(place.read("out.jsonl").lines().count(), 10);
    assert_eq!(place.read("out.csv").lines().count(), 11);
    assert!(place.read("o.junit.xml").contains("tests=\"10\"") && place.read("o.html").contains("10 of 10"));
    place.runtime.block_on(place.models.wait_until(|counters| counters.aborted == 10));
}

#[test]
fn a_terminated_evaluation_writes_its_results_too() {
    let (place, child) = hanging(&["-o", "out.json"]);
    signal(&child, "-TERM");
    Ended::from(child.wait_with_output().unwrap()).expect(143);
    let stats = &place.json("out.json")["results"]["stats"];
    assert_eq!((&stats["successes"], &stats["errors"]), (&10.into(), &0.into()));
}

#[test]
fn the_second_ctrl_c_ends_at_once() {
    // Nobody reads this pipe, so that the writing never ends.
    let place = Place::with(CONFIG);
    let made = Command::new("mkfifo").arg(place.path("pipe.json")).status().unwrap();
    assert!(made.success());
    let reader = std::fs::OpenOptions::new().read(true).write(true).open(place.path("pipe.json")).unwrap();
    place.models.fail(Fault::HangBefore);
    let long = "x".repeat(200_000);
    let config = format!("prompts: ['{long}']\nproviders: [echo, ollama:chat:llama3.2]\n");
    place.write("promptfooconfig.yaml", config);
    let mut child = place.command(&["-o", "pipe.json"]).spawn().unwrap();
    place.runtime.block_on(place.models.wait_until(|counters| counters.hanging == 1));
    signal(&child, "-INT");
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Stopping") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0);
    }
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(reader);
}

#[test]
fn what_is_not_done_in_time_is_an_error() {
    let place =
        Place::with(&format!("{CONFIG}evaluateOptions: {{maxEvalTimeMs: 700, maxConcurrency: 20}}\n"));
    place.models.fail(Fault::HangBefore);
    let results = place.results(&[], 100);
    let late: Vec<&Value> = results.iter().filter(|result| result["success"] == false).collect();
    assert_eq!(late.len(), 10);
    assert!(
        late.iter().all(|result| result["error"] == "Evaluation exceeded max duration of 700 ms"),
        "{late:?}"
    );

    place.write(
        "promptfooconfig.yaml",
        format!("{CONFIG}evaluateOptions: {{timeoutMs: 300, maxConcurrency: 20}}\n"),
    );
    let results = place.results(&["--no-cache"], 100);
    let late: Vec<&Value> = results.iter().filter(|result| result["success"] == false).collect();
    assert_eq!(late.len(), 10);
    assert!(late.iter().all(|result| result["error"] == "Evaluation timed out after 300 ms"), "{late:?}");
}

#[test]
fn a_server_that_is_down_is_told_and_not_asked_for_every_cell() {
    let rows: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    let place = Place::with(
        "
prompts: ['echo: {{n}}']
providers: [ollama:chat:llama3.2, echo]
tests: file://cases.csv
",
    );
    place.write("cases.csv", format!("n,__expected\n{},\n", rows.join(",contains:echo\n")));
    let mut command = place.command(&["-o", "out.json"]);
    // A port on which nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    command.env("OLLAMA_BASE_URL", format!("http://{free}"));
    let ended = Ended::from(command.output().unwrap());
    ended.expect(100);
    assert!(ended.passed().starts_with("200 of 400 passed (50.0 %), 200 errors in "), "{}", ended.passed());
    let document = place.json("out.json");
    let results = document["results"]["results"].as_array().unwrap();
    let errors = all(results, "/error");
    let asked = errors.iter().filter(|error| error.starts_with("No model server can be reached at")).count();
    let not_asked =
        errors.iter().filter(|error| error.starts_with("Not asked, as 3 calls before found no")).count();
    assert!((3..=6).contains(&asked) && asked + not_asked == 200, "{asked} {not_asked}");
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let place = Place::with(
        "prompts: ['{{a}}']\nproviders: [echo]\ntests: [{vars: {a: [x, y]}, assert: [{type: equals, value: x}]}]",
    );
    let mut child = place.command(&["-o", "out.json"]).spawn().unwrap();
    // As `| head -0` does.
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(100), ""));
    assert_eq!(place.json("out.json")["results"]["stats"]["failures"], 1);
    // Nor does one of standard error.
    let mut command = place.command(&[]);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(100));
}

#[test]
fn a_change_of_a_file_is_evaluated_at_once() {
    let place = Place::with("prompts: [file://prompt.txt]\nproviders: [echo]\n");
    place.write("prompt.txt", "first");
    let mut child = place.command(&["--watch", "-o", "out.json"]).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut wait_for = |words: &str| {
        let line = said.by_ref().map(Result::unwrap).find(|line| line.contains(words));
        assert!(line.is_some(), "{words}");
    };
    let output = || place.json("out.json")["results"]["results"][0]["response"]["output"].clone();
    wait_for("Waiting for a change");
    assert_eq!(output(), "first");
    place.write("prompt.txt", "the second");
    wait_for("Waiting for a change");
    assert_eq!(output(), "the second");
    // What cannot be run is told, and waits for the next change.
    place.write("promptfooconfig.yaml", "prompts: [");
    wait_for("promptfooconfig.yaml");
    wait_for("Waiting for a change");
    place.write("promptfooconfig.yaml", "prompts: [again]\nproviders: [echo]\n");
    wait_for("Waiting for a change");
    assert_eq!(output(), "again");
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
