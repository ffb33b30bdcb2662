//! GSM8K: recorded answers of two models, and the verdicts that were published.

use std::collections::BTreeMap;
use std::path::Path;

use domain::assertion::{Answer, Judge};
use domain::completion::Completion;
use domain::test_case::{Assertion, CaseContent};
use domain::verdict::Verdict;
use serde::Deserialize;

#[derive(Deserialize)]
struct Question {
    answer: String,
    outputs: BTreeMap<String, Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    text: String,
    correct: bool,
}

#[test]
fn number_reproduces_every_published_verdict() {
    let Some(folder) = std::env::var_os("GSM8K_DIR") else {
        eprintln!("not run: number_reproduces_every_published_verdict: GSM8K_DIR is not set");
        return;
    };
    let recorded = std::fs::read_to_string(Path::new(&folder).join("recorded.jsonl")).unwrap();
    let judge = Judge::default();
    let mut correct: BTreeMap<String, u32> = BTreeMap::new();
    let mut judged = 0;
    for line in recorded.lines() {
        let question: Question = serde_json::from_str(line).unwrap();
        let case = CaseContent {
            assertions: vec![Assertion::of("number")],
            expected_output: Some(question.answer),
            ..CaseContent::default()
        };
        let assertions = judge.compile(&case, &case.variables);
        for (model, recorded) in question.outputs {
            let completion = Completion { content: recorded.text, ..Completion::default() };
            let judgement = assertions.judge(&Answer::of(&completion));
            let published = if recorded.correct { Verdict::Pass } else { Verdict::Fail };
            assert_eq!(judgement.verdict, Some(published), "{model}: {}", judgement.reason);
            *correct.entry(model).or_default() += u32::from(recorded.correct);
            judged += 1;
        }
    }
    assert_eq!(judged, 2638);
    assert_eq!(correct["gpt3-6b-finetuned"], 286);
    assert_eq!(correct["gpt3-175b-finetuned"], 458);
}
