//! Files that are broken, hostile or elsewhere: a sentence each, before a model is called.

use std::fmt::Write;
use std::os::unix::fs::symlink;

use super::{Place, all};

const PLAIN: &str = "prompts: ['{{a}}']\nproviders: [echo]\ntests: file://cases.csv\n";

/// The sentence of an evaluation that was refused.
#[track_caller]
fn refused(place: &Place, arguments: &[&str]) -> String {
    let ended = place.eval(arguments);
    ended.expect(1);
    assert_eq!(ended.out, "");
    assert_eq!(place.models.counters().calls, 0);
    ended.said
}

#[test]
fn everything_that_is_not_supported_is_named_with_its_path() {
    let place = Place::with(
        "
prompts: ['x']
providers: [ollama:chat:llama3.2, 'anthropic:messages:claude', {id: 'ollama:chat:m', config: {tools: [{}]}}]
tests:
  - assert: [{type: llm-rubric, value: good}, {type: contains, value: x, provider: y}]
  - {assertion: [{type: contains, value: x}]}
scenarios: []
",
    );
    let said = refused(&place, &[]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].ends_with("things stand in the way; no model was called"), "{said}");
    for place in
        ["providers[1]: ", "providers[2].config.tools: ", "tests[0].assert[0].type: ", "tests[1].assertion: "]
    {
        assert!(said.contains(&format!("\n  {place}")), "{place}\n{said}");
    }
}

#[test]
fn aliases_that_explode_are_refused_at_once() {
    let mut config = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (one, other) in
        [('b', 'a'), ('c', 'b'), ('d', 'c'), ('e', 'd'), ('f', 'e'), ('g', 'f'), ('h', 'g'), ('i', 'h')]
    {
        let list = vec![format!("*{other}"); 9].join(", ");
        writeln!(config, "{one}: &{one} [{list}]").unwrap();
    }
    let place = Place::with(&format!("{config}prompts: *i\nproviders: [echo]\n"));
    let said = refused(&place, &[]);
    assert!(said.starts_with("promptcards: `promptfooconfig.yaml` cannot be read: "), "{said}");
    assert!(said.len() < 1000, "{said}");
}

#[test]
fn a_table_with_a_byte_order_mark_and_ten_thousand_rows_is_read() {
    let place = Place::with(PLAIN);
    let mut table = "\u{feff}a,__expected\r\n".to_owned();
    (0..10_000).for_each(|number| write!(table, "row {number},contains:row\r\n").unwrap());
    place.write("cases.csv", table);
    let ended = place.eval(&["--no-table", "-o", "out.jsonl"]);
    ended.expect(0);
    assert!(ended.passed().starts_with("10,000 of 10,000 passed (100.0 %) in "), "{}", ended.out);
    assert_eq!(place.read("out.jsonl").lines().count(), 10_000);
}

#[test]
fn a_table_with_bad_quotes_names_the_line() {
    let place = Place::with(PLAIN);
    place.write("cases.csv", "a,__expected\nx,contains:x\n\"open,contains:x\ny,contains:y\n");
    let said = refused(&place, &[]);
    assert!(said.contains("cases.csv`, line 3"), "{said}");
    place.write("cases.csv", "a,__expected\nx,contains-any(\n");
    assert!(place.eval(&[]).code.is_some());
    place.write("cases.csv", b"a\nx\xff\n");
    assert!(refused(&place, &[]).contains("is not UTF-8"));
}

#[test]
fn files_outside_the_folder_are_refused_by_whatever_way() {
    let place = Place::with(PLAIN);
    place.write("secret.txt", "canary");
    place.write("evals/inside.txt", "inside");
    let folder = place.path("evals");
    symlink("../secret.txt", folder.join("link.txt")).unwrap();
    symlink("..", folder.join("up")).unwrap();
    let absolute = place.path("secret.txt").display().to_string();
    for name in ["../secret.txt", "link.txt", "up/secret.txt", absolute.as_str(), "../sec*.txt", "up/*.txt"] {
        place.write("evals/promptfooconfig.yaml", format!("prompts: ['file://{name}']\nproviders: [echo]\n"));
        let mut command = place.command(&["-o", "out.json"]);
        let ended = super::Ended::from(command.current_dir(&folder).output().unwrap());
        ended.expect(1);
        assert!(ended.said.contains("lies outside the config's folder"), "{name}: {}", ended.said);
        assert!(
            ended.said.contains("Start it in a folder that holds all its files"),
            "{name}: {}",
            ended.said
        );
        assert!(!folder.join("out.json").exists());
        // From the folder above, all of it is inside.
        assert_eq!(all(&place.results(&["-c", "evals"], 0), "/response/output"), ["canary"], "{name}");
    }
    // What is not read is not gone through: `up` leads round and round.
    place.write("evals/promptfooconfig.yaml", "prompts: ['file://**/ins*.txt']\nproviders: [echo]\n");
    let mut command = place.command(&["-o", "out.json"]);
    super::Ended::from(command.current_dir(&folder).output().unwrap()).expect(0);
    // What a person types is what the person means.
    place.write("evals/promptfooconfig.yaml", "prompts: ['x']\nproviders: [echo]\n");
    let mut command = place.command(&["-p", &absolute]);
    super::Ended::from(command.current_dir(&folder).output().unwrap()).expect(0);
}

#[test]
fn what_is_no_plain_file_is_not_read() {
    let place = Place::with("prompts: ['file://endless.txt']\nproviders: [echo]\n");
    let made = std::process::Command::new("mkfifo").arg(place.path("endless.txt")).status().unwrap();
    assert!(made.success());
    assert!(refused(&place, &[]).contains("`endless.txt` cannot be read: it is no file"));
}

#[test]
fn escapes_of_terminals_are_shown_and_not_obeyed() {
    let place = Place::with(
        "
description: \"a\\u001b]0;title\\u0007\"
prompts: ['{{a}}']
providers: [{id: echo, label: \"e\\u001b[31m\"}]
tests:
  - {vars: {a: \"\\u001b[2J\\u009b31mred\"}, description: \"d\\u001b[1m\", assert: [{type: contains, value: \"x\\u001b[5m\"}]}
",
    );
    for arguments in [&[][..], &["--no-table"], &["-o", "out\u{1b}[7m.html"]] {
        let ended = place.eval(arguments);
        ended.expect(100);
        let all = format!("{}{}", ended.out, ended.said);
        assert!(!all.contains(['\u{1b}', '\u{9b}', '\u{7}']), "{all:?}");
    }
    place.write("promptfooconfig.yaml", "prompts: ['x']\nproviders: ['no\u{1b}[2Jprovider']\n");
    assert!(!refused(&place, &[]).contains('\u{1b}'));
}

#[test]
fn a_full_disk_is_told_and_the_other_files_are_written() {
    let place = Place::with(&PLAIN.replace("file://cases.csv", "[{vars: {a: x}}]"));
    symlink("/dev/full", place.path("full.json")).unwrap();
    symlink("/dev/full", place.path("full.html")).unwrap();
    let ended = place.eval(&["-o", "full.json", "-o", "out.json", "-o", "full.html"]);
    ended.expect(1);
    assert!(
        ended.out.contains("1 of 1 passed") && ended.out.ends_with("Written: out.json\n"),
        "{}",
        ended.out
    );
    assert_eq!(
        ended.said.matches("could not be written: No space left on device").count(),
        2,
        "{}",
        ended.said
    );
    assert_eq!(place.json("out.json")["results"]["stats"]["successes"], 1);
}

#[test]
fn a_file_that_cannot_be_written_is_found_before_the_first_call() {
    let place = Place::with("prompts: [x]\nproviders: [ollama:chat:llama3.2]\n");
    std::fs::create_dir(place.path("folder.json")).unwrap();
    place.write("file", "");
    for (name, sentence) in [
        ("out.yaml", "`out.yaml` does not end as a file of results does"),
        ("folder.json", "`folder.json` cannot be written: it is a folder"),
        ("file/out.json", "`file/out.json` cannot be written: "),
        ("/proc/out.json", "`/proc/out.json` cannot be written: "),
    ] {
        let said = refused(&place, &["-o", name]);
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn a_key_that_is_missing_is_found_before_the_first_call() {
    let place = Place::with("prompts: [x]\nproviders: ['openai:chat:gpt-4.1']\n");
    let mut command = place.command(&[]);
    let ended = super::Ended::from(command.env_remove("OPENAI_BASE_URL").output().unwrap());
    ended.expect(1);
    assert!(ended.said.contains("openai:chat:gpt-4.1 needs a key: set OPENAI_API_KEY"), "{}", ended.said);
}
