//! Answers of earlier evaluations.

use super::{Place, all};

const CONFIG: &str = "
prompts: ['echo: {{a}}']
providers: [{id: 'ollama:chat:llama3.2', config: {temperature: 0.5}}]
tests:
  - {vars: {a: [one, two]}, assert: [{type: contains, value: o}]}
  - {vars: {a: one}, assert: [{type: contains, value: o}]}
";

fn calls(place: &Place) -> u64 {
    place.models.counters().calls
}

#[test]
fn an_answer_of_an_earlier_evaluation_is_taken_over() {
    let place = Place::with(CONFIG);
    let first = place.results(&[], 0);
    // An evaluation takes nothing over from itself: the third cell asks what the first one asks.
    assert_eq!(calls(&place), 3);
    assert_eq!(first[0]["response"]["cached"], false);
    let second = place.results(&[], 0);
    assert_eq!(calls(&place), 3);
    assert_eq!(second[0]["response"]["cached"], true);
    assert_eq!(all(&second, "/response/output"), all(&first, "/response/output"));
    assert!(second[0]["tokenUsage"]["cached"].as_i64().unwrap() > 0);
    assert!(second[0]["latencyMs"].is_null());
}

#[test]
fn without_a_cache_nothing_is_taken_over_or_kept() {
    let place = Place::with(CONFIG);
    place.results(&["--no-cache"], 0);
    place.results(&[], 0);
    assert_eq!(calls(&place), 6);
    place.results(&["--no-cache"], 0);
    assert_eq!(calls(&place), 9);
    place.write("promptfooconfig.yaml", format!("{CONFIG}evaluateOptions: {{cache: false}}\n"));
    place.results(&[], 0);
    assert_eq!(calls(&place), 12);
}

#[test]
fn repeats_share_no_answer() {
    let place = Place::with(CONFIG);
    place.results(&["--repeat", "2"], 0);
    assert_eq!(calls(&place), 6);
    place.results(&["--repeat", "3"], 0);
    assert_eq!(calls(&place), 9);
}

#[test]
fn other_parameters_and_another_model_are_another_question() {
    let place = Place::with(CONFIG);
    place.results(&[], 0);
    place.write("promptfooconfig.yaml", CONFIG.replace("0.5", "0.6"));
    place.results(&[], 0);
    assert_eq!(calls(&place), 6);
    place.write("promptfooconfig.yaml", CONFIG.replace("ollama:chat:llama3.2", "openai:chat:llama3.2"));
    place.results(&[], 0);
    assert_eq!(calls(&place), 9);
}

#[test]
fn latency_is_not_known_of_an_answer_that_was_taken_over() {
    let config = CONFIG.replace("{type: contains, value: o}", "{type: latency, threshold: 60000}");
    let place = Place::with(&config);
    assert_eq!(all(&place.results(&[], 0), "/verdict"), ["pass", "pass", "pass"]);
    let results = place.results(&[], 100);
    assert_eq!(all(&results, "/verdict"), ["error", "error", "error"]);
    assert!(all(&results, "/error")[0].contains("came from the cache"), "{results:?}");
}

#[test]
fn an_answer_that_cannot_be_judged_is_asked_for_again() {
    let config =
        CONFIG.replace("llama3.2', config: {temperature: 0.5}", "qwen3:8b', config: {num_predict: 2}");
    let place = Place::with(&config);
    assert_eq!(all(&place.results(&[], 100), "/verdict"), ["invalid"; 3]);
    place.results(&[], 100);
    assert_eq!(calls(&place), 6);
}

#[test]
fn a_cache_that_cannot_be_used_is_done_without() {
    let place = Place::with(CONFIG);
    place.write(
        "cache/promptcards/answers.db",
        "this is no database, and longer than the header of one".repeat(9),
    );
    let ended = place.eval(&[]);
    ended.expect(0);
    assert!(ended.said.starts_with("Without a cache, as "), "{}", ended.said);
    assert!(place.read("cache/promptcards/answers.db").starts_with("this is no database"));
    let mut command = place.command(&[]);
    super::Ended::from(command.env_remove("XDG_CACHE_HOME").output().unwrap()).expect(0);
}
