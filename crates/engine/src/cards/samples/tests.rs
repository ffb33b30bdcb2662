//! The samples are valid by our own rules, each case can fail, and the simulated models show both colours.

use domain::assertion::{Answer, Judge, can_never_fail_in, validate_case};
use domain::card::Message;
use domain::completion::Completion;
use domain::template::{Includes, PromptTemplate, find_variables};
use domain::variables::{check_definitions, check_variables, unknown_variables};
use domain::verdict::{Judgement, Verdict};
use garde::Validate;
use llm::watch::Watch;
use llm::{ChatRequest, Latency, Outbound, Provider, ProviderKind, ProviderSettings};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use super::{CaseContent, SAMPLES, Sample};

fn samples() -> Vec<Sample> {
    SAMPLES.iter().map(|file| serde_json::from_str(file).unwrap()).collect()
}

/// A case with all that judging it takes.
struct Ready {
    name: String,
    case: CaseContent,
    variables: Map<String, Value>,
    prompt: Vec<Message>,
}

fn ready(sample: &Sample) -> Vec<Ready> {
    let template = PromptTemplate::compile(&sample.content, &Includes::default()).unwrap();
    let of_case = |case: &CaseContent| {
        let variables = check_variables(&sample.content.variables, &case.variables).unwrap();
        let prompt = template.render(&variables).unwrap();
        Ready {
            name: format!("{}: {}", sample.slug, case.description),
            case: case.clone(),
            variables,
            prompt,
        }
    };
    sample.cases.iter().map(of_case).collect()
}

fn judge(ready: &Ready, content: &str) -> Judgement {
    let completion = Completion { content: content.to_owned(), ..Completion::default() };
    Judge::default().compile(&ready.case, &ready.variables).judge(&Answer::of(&completion))
}

#[test]
fn every_sample_keeps_our_own_rules() {
    for sample in samples() {
        let slug = &sample.slug;
        sample.content.validate().unwrap();
        assert_eq!(check_definitions(&sample.content.variables), [], "{slug}");
        let defined: Vec<&str> =
            sample.content.variables.iter().map(|variable| variable.name.as_str()).collect();
        let found = find_variables(&sample.content, &Includes::default());
        for variable in &found {
            assert!(defined.contains(&variable.name.as_str()), "{slug} does not define {}", variable.name);
        }
        assert_eq!(found.len(), defined.len(), "{slug} defines what it does not use");
        for case in &sample.cases {
            case.validate().unwrap();
            assert_eq!(validate_case(case), [], "{slug}: {}", case.description);
            assert_eq!(can_never_fail_in(case), [], "{slug}: {}", case.description);
            assert_eq!(unknown_variables(&sample.content.variables, &case.variables), [], "{slug}");
        }
    }
}

#[test]
fn no_case_passes_an_answer_that_says_nothing() {
    for ready in samples().iter().flat_map(ready) {
        let judgement = judge(&ready, "Sure! Here is what you asked for.");
        assert_eq!(judgement.verdict, Some(Verdict::Fail), "{}", ready.name);
    }
}

/// The names of the cases that a simulated model does not pass, and how many there are in all.
async fn missed_by(model: &str) -> (Vec<String>, usize) {
    let mut settings = ProviderSettings::new("simulated", ProviderKind::Simulated);
    settings.latency = Some(Latency { min_ms: 0, max_ms: 0 });
    let provider = Provider::new(&settings, &Outbound::open()).unwrap();
    let cancel = CancellationToken::new();
    let (mut missed, mut all) = (Vec::new(), 0);
    for sample in samples() {
        for ready in ready(&sample) {
            let parameters = &sample.content.parameters;
            let request = ChatRequest { model, messages: &ready.prompt, parameters, seed: None };
            let minute = Duration::from_mins(1);
            let mut watch = Watch::start(minute, minute, &cancel);
            let answer = provider.chat(&request, &mut watch).await.unwrap();
            all += 1;
            if judge(&ready, &answer.content).verdict != Some(Verdict::Pass) {
                missed.push(ready.name);
            }
        }
    }
    (missed, all)
}

#[tokio::test]
async fn the_large_simulated_model_misses_a_few_cases() {
    let (missed, all) = missed_by("simulated-large").await;
    assert_eq!(
        missed,
        [
            "contract-terms: what is not said is null",
            "explain-concept: the limit of words is kept",
            "question-to-sql: count by group",
            "social-post: a very short limit",
            "word-problem: more is given than is needed",
        ]
    );
    assert_eq!(all, 47);
}

#[tokio::test]
async fn the_small_simulated_model_misses_more_and_not_most() {
    let (missed, all) = missed_by("simulated-small").await;
    assert!(missed.len() > 8 && missed.len() < all / 2, "{} of {all}: {missed:#?}", missed.len());
}
