//! Flags, by the names that they have in promptfoo, and what a config says in their place.

use std::time::Instant;

use super::{Place, all};

const CONFIG: &str = "
prompts: ['{{a}} {{b}}', {raw: 'Hey {{a}}', label: second}]
providers: [echo, {id: echo, label: mirror}]
tests:
  - {description: first test, vars: {a: one}}
  - {description: second test, vars: {a: two}}
  - {description: third, vars: {a: [three, four]}, assert: [{type: contains, value: three}]}
";

fn outputs(place: &Place, arguments: &[&str], code: i32) -> Vec<String> {
    all(&place.results(arguments, code), "/response/output").iter().map(|&it| it.to_owned()).collect()
}

#[test]
fn filters_choose_tests_providers_and_prompts() {
    let place = Place::with(CONFIG);
    let chosen = |flags: &[&str]| {
        outputs(
            &place,
            &[&["--filter-providers", "^mirror$", "--filter-prompts", "second"], flags].concat(),
            0,
        )
    };
    assert_eq!(chosen(&["-n", "2"]), ["Hey one", "Hey two"]);
    assert_eq!(chosen(&["--filter-first-n", "1"]), ["Hey one"]);
    assert_eq!(chosen(&["--filter-pattern", "^second"]), ["Hey two"]);
    assert_eq!(chosen(&["--filter-range", "1:2"]), ["Hey two"]);
    assert_eq!(chosen(&["--filter-range", ":1"]), ["Hey one"]);
    assert_eq!(outputs(&place, &["--filter-range", "2:", "--filter-targets", "mirror"], 100).len(), 4);
    for (flags, sentence) in [
        (["--filter-pattern", "fourth"], "no test has a description that --filter-pattern matches"),
        (["--filter-providers", "gpt"], "no provider has an id or a label that --filter-providers matches"),
        (["--filter-prompts", "third"], "no prompt has an id or a label that --filter-prompts matches"),
        (["--filter-range", "3:9"], "no test is left by --filter-range and --filter-first-n"),
        (["--filter-pattern", "(("], "`((` of --filter-pattern is no pattern: "),
        (["--filter-providers", "(("], "providers: cannot be filtered by `((`, which is no pattern: "),
    ] {
        let ended = place.eval(&flags);
        ended.expect(1);
        assert!(ended.said.starts_with(&format!("promptcards: {sentence}")), "{}", ended.said);
    }
}

#[test]
fn providers_that_are_not_asked_stand_in_nobodys_way() {
    let place = Place::with(&CONFIG.replace("[echo,", "[echo, 'anthropic:messages:claude',"));
    place.eval(&[]).expect(1);
    assert_eq!(outputs(&place, &["--filter-providers", "mirror", "-n", "1"], 0), ["one ", "Hey one"]);
}

#[test]
fn only_what_failed_is_evaluated_again() {
    let place = Place::with(CONFIG);
    assert_eq!(place.results(&["-o", "before.json"], 100).len(), 16);
    let again = outputs(&place, &["--filter-failing", "before.json"], 100);
    assert_eq!(again, ["four ", "Hey four", "four ", "Hey four"]);
    place.write("promptfooconfig.yaml", CONFIG.replace("value: three", "value: o"));
    assert_eq!(place.results(&["--filter-failing", "before.json"], 0).len(), 4);
    place.results(&["-o", "all-well.json", "-n", "2"], 0);
    let ended = place.eval(&["--filter-failing", "all-well.json"]);
    ended.expect(1);
    assert!(ended.said.contains("no test of this config failed in `all-well.json`"), "{}", ended.said);
    for (file, sentence) in [("none.json", "cannot be read"), ("promptfooconfig.yaml", "is no JSON")] {
        assert!(place.eval(&["--filter-failing", file]).said.contains(sentence));
    }
}

#[test]
fn flags_take_the_place_of_what_the_config_says() {
    let place = Place::with(CONFIG);
    place.write("other.txt", "File {{a}} {{b}}");
    place.write("cases.csv", "a,__expected\nx,contains:File x\n");
    let flags = ["-p", "other.txt", "Inline {{a}}", "-r", "mirror", "-t", "cases.csv", "--var", "b=B"];
    assert_eq!(outputs(&place, &flags, 100), ["File x B", "Inline x"]);
    assert_eq!(outputs(&place, &["-v", "cases.csv", "-p", "other.txt", "-r", "echo"], 0), ["File x "]);
    let around = ["--prompt-prefix", "<", "--prompt-suffix", ">", "-n", "1", "-r", "echo"];
    assert_eq!(outputs(&place, &around, 0), ["<one >", "<Hey one>"]);
    // Without a config at all.
    std::fs::remove_file(place.path("promptfooconfig.yaml")).unwrap();
    assert_eq!(outputs(&place, &["-p", "Just {{a}}", "-r", "echo", "-t", "cases.csv"], 100), ["Just x"]);
}

#[test]
fn a_config_is_found_by_its_names_in_this_folder_or_in_the_one_named() {
    let place = Place::with(CONFIG);
    place.write("evals/promptfooconfig.json", r#"{"prompts": ["from json"], "providers": ["echo"]}"#);
    assert_eq!(outputs(&place, &["-c", "evals"], 0), ["from json"]);
    std::fs::remove_file(place.path("promptfooconfig.yaml")).unwrap();
    place.write("promptfooconfig.yml", "prompts: [from yml]\nproviders: [echo]");
    assert_eq!(outputs(&place, &[], 0), ["from yml"]);
    std::fs::remove_file(place.path("promptfooconfig.yml")).unwrap();
    let ended = place.eval(&[]);
    ended.expect(1);
    let sentence =
        "promptcards: there is no promptfooconfig.yaml, .yml or .json in this folder; name one by -c FILE";
    assert!(ended.said.starts_with(sentence), "{}", ended.said);
    place.write("promptfooconfig.ts", "export default {}");
    assert!(place.eval(&[]).said.contains("`promptfooconfig.ts` is a program, which is not supported"));
    assert!(place.eval(&["-c", "none.yaml"]).said.contains("there is no file `none.yaml`"));
}

#[test]
fn so_many_calls_are_made_at_once() {
    let config = "
prompts: ['echo: {{n}}']
providers: [ollama:chat:llama3.2]
tests: [{vars: {n: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']}}]
";
    for (flags, most) in [(&[][..], 4), (&["-j", "7"], 7), (&["--delay", "1"], 1)] {
        let place = Place::with(config);
        place.models.change(&fake_ollama::Change { latency_ms: Some(40), ..fake_ollama::Change::default() });
        place.results(flags, 0);
        assert_eq!(place.models.counters().most_in_flight, most, "{flags:?}");
    }
    let place = Place::with(&format!("{config}evaluateOptions: {{maxConcurrency: 2}}\n"));
    place.models.change(&fake_ollama::Change { latency_ms: Some(40), ..fake_ollama::Change::default() });
    place.results(&[], 0);
    assert_eq!(place.models.counters().most_in_flight, 2);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the command waits by the clock of the machine")]
fn a_delay_lies_between_calls() {
    let place = Place::with(
        "
prompts: ['echo: {{n}}']
providers: [ollama:chat:llama3.2]
tests: [{vars: {n: ['1', '2', '3']}}]
evaluateOptions: {delay: 120, repeat: 2}
",
    );
    let begun = Instant::now();
    assert_eq!(place.results(&[], 0).len(), 6);
    assert!(begun.elapsed().as_millis() >= 6 * 120);
}

#[test]
fn help_has_examples_and_names_the_exit_codes() {
    let place = Place::with(CONFIG);
    let ended = place.eval(&["--help"]);
    ended.expect(0);
    for words in
        ["promptcards eval -c evals/promptfooconfig.yaml", "--promptfoo-verdicts", "Exit codes: 0 all"]
    {
        assert!(ended.out.contains(words), "{}", ended.out);
    }
    // What promptfoo's users expect of a mistake in the flags.
    assert!(place.eval(&["--no-such-flag"]).expect(1).said.contains("--no-such-flag"));
    assert!(place.eval(&["--var", "novalue"]).expect(1).said.contains("as in city=Rome"));
    assert!(place.eval(&["-j", "0"]).expect(1).said.contains("0 is not in 1..=1000"));
}

#[test]
fn the_rate_and_the_code_of_a_failure_are_those_of_promptfoos_variables() {
    let place = Place::with(CONFIG);
    let code = |rate: &str, code: &str| {
        let mut command = place.command(&["--no-table"]);
        command.env("PROMPTFOO_PASS_RATE_THRESHOLD", rate).env("PROMPTFOO_FAILED_TEST_EXIT_CODE", code);
        command.status().unwrap().code()
    };
    // 12 of 16 pass.
    assert_eq!((code("75", ""), code("75.1", ""), code("x", "7")), (Some(0), Some(100), Some(7)));
}
