//! What the outcomes of a cell add up to, by promptfoo's rules.

use super::assert_set::ASSERT_SET;
use crate::verdict::{Judgement, MetricScore, Outcome, Verdict};

/// Adds up the outcomes of a case.
///
/// The score is the weighted mean, 0 where all weights are 0. With a threshold the score alone
/// decides, without one every assertion must pass. An assertion that could not be evaluated makes
/// the whole an error, whatever its weight and the threshold.
pub(super) fn aggregate(outcomes: Vec<Outcome>, threshold: Option<f64>) -> Judgement {
    if outcomes.is_empty() {
        return Judgement::default();
    }
    if let Some(error) = outcomes.iter().rfind(|outcome| outcome.verdict == Verdict::Error) {
        let reason = error.reason.clone();
        return Judgement { verdict: Some(Verdict::Error), reason, outcomes, ..Judgement::default() };
    }
    let score = weighted_mean(in_order(&outcomes).map(|outcome| (outcome.score, outcome.weight)));
    let failed = outcomes.iter().rfind(|outcome| outcome.verdict == Verdict::Fail);
    let (passes, reason) = match (threshold.filter(|threshold| !threshold.is_nan()), failed) {
        (Some(threshold), _) => (score >= threshold, compared(score, threshold)),
        (None, Some(failed)) => (false, failed.reason.clone()),
        (None, None) => (true, all_passed(&outcomes)),
    };
    let verdict = if passes { Verdict::Pass } else { Verdict::Fail };
    let metric_scores = metric_scores(&outcomes);
    Judgement { verdict: Some(verdict), score: Some(score), reason, outcomes, metric_scores }
}

/// The outcomes as they are added up: sets come last, so that the sums are promptfoo's to the last digit.
fn in_order(outcomes: &[Outcome]) -> impl Iterator<Item = &Outcome> {
    let of_sets = |wanted: bool| {
        outcomes.iter().filter(move |outcome| (outcome.assertion_type == ASSERT_SET) == wanted)
    };
    of_sets(false).chain(of_sets(true))
}

/// Of scores and weights. 0 where all weights are 0.
fn weighted_mean(scores: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (total, weight) =
        scores.fold((0.0, 0.0), |(total, all), (score, weight)| (total + score * weight, all + weight));
    if weight > 0.0 { total / weight } else { 0.0 }
}

/// What the outcomes add up to by metric. The metrics within a set count by its weight; those of the set's own
/// name are in the set's score already.
pub fn metric_scores(outcomes: &[Outcome]) -> Vec<MetricScore> {
    let mut scores: Vec<(&str, Vec<(f64, f64)>)> = Vec::new();
    let of_sets: Vec<Vec<MetricScore>> =
        in_order(outcomes).map(|outcome| metric_scores(&outcome.outcomes)).collect();
    for (outcome, within) in in_order(outcomes).zip(&of_sets) {
        let own = outcome.metric.iter().map(|metric| (metric.as_str(), outcome.score, outcome.weight));
        let within = within.iter().filter(|within| outcome.metric.as_ref() != Some(&within.metric));
        let within =
            within.map(|within| (within.metric.as_str(), within.score, within.weight * outcome.weight));
        for (metric, score, weight) in own.chain(within) {
            match scores.iter_mut().find(|(known, _)| *known == metric) {
                Some((_, known)) => known.push((score, weight)),
                None => scores.push((metric, vec![(score, weight)])),
            }
        }
    }
    let scores = scores.into_iter().map(|(metric, scores)| MetricScore {
        metric: metric.to_owned(),
        weight: scores.iter().map(|(_, weight)| weight).sum(),
        score: weighted_mean(scores.into_iter()),
    });
    scores.collect()
}

fn all_passed(outcomes: &[Outcome]) -> String {
    match outcomes {
        [only] => only.reason.clone(),
        several => format!("All {} assertions pass.", several.len()),
    }
}

fn compared(score: f64, threshold: f64) -> String {
    let rounded = (score * 10_000.0).round() / 10_000.0;
    // A rounded score must not seem to be on the other side.
    let shown = if (rounded >= threshold) == (score >= threshold) { rounded } else { score };
    let relation = if score >= threshold { "reaches" } else { "is below" };
    format!("The score {shown} {relation} the threshold {threshold}.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outcome(passes: bool, weight: f64) -> Outcome {
        Outcome {
            assertion_type: "contains".into(),
            verdict: if passes || weight == 0.0 { Verdict::Pass } else { Verdict::Fail },
            score: f64::from(u8::from(passes)),
            weight,
            metric: None,
            reason: format!("{passes} of weight {weight}"),
            expected: None,
            actual: None,
            outcomes: Vec::new(),
        }
    }

    fn verdict(outcomes: &[(bool, f64)], threshold: Option<f64>) -> (Option<Verdict>, Option<f64>) {
        let outcomes = outcomes.iter().map(|(passes, weight)| outcome(*passes, *weight)).collect();
        let judgement = aggregate(outcomes, threshold);
        (judgement.verdict, judgement.score)
    }

    #[test]
    fn the_rules_of_promptfoo_hold() {
        use Verdict::{Fail, Pass};
        let table = [
            (vec![(true, 1.0), (true, 1.0)], None, Pass, 1.0),
            (vec![(true, 3.0), (false, 1.0)], None, Fail, 0.75),
            (vec![(true, 3.0), (false, 1.0)], Some(0.75), Pass, 0.75),
            (vec![(true, 3.0), (false, 1.0)], Some(0.76), Fail, 0.75),
            (vec![(false, 1.0)], Some(0.0), Pass, 0.0),
            (vec![(true, 1.0)], Some(1.1), Fail, 1.0),
            (vec![(false, 0.0), (true, 2.0)], None, Pass, 1.0),
            (vec![(false, 0.0)], None, Pass, 0.0),
            (vec![(true, 0.0)], Some(0.5), Fail, 0.0),
            (vec![(true, 1.0)], Some(f64::NAN), Pass, 1.0),
        ];
        for (outcomes, threshold, expected, score) in table {
            assert_eq!(
                verdict(&outcomes, threshold),
                (Some(expected), Some(score)),
                "{outcomes:?} {threshold:?}"
            );
        }
        assert_eq!(verdict(&[], Some(0.5)), (None, None));
    }

    #[test]
    fn the_reason_is_that_of_the_last_failure_or_of_the_threshold() {
        let reason = |outcomes: &[(bool, f64)], threshold| {
            aggregate(outcomes.iter().map(|(passes, weight)| outcome(*passes, *weight)).collect(), threshold)
                .reason
        };
        assert_eq!(reason(&[(false, 1.0), (false, 2.0), (true, 1.0)], None), "false of weight 2");
        assert_eq!(reason(&[(true, 1.0)], None), "true of weight 1");
        assert_eq!(reason(&[(true, 1.0), (true, 1.0)], None), "All 2 assertions pass.");
        assert_eq!(
            reason(&[(true, 3.0), (false, 1.0)], Some(0.76)),
            "The score 0.75 is below the threshold 0.76."
        );
        let below = reason(&[(true, 2.0), (false, 1.0)], Some(0.666_67));
        assert_eq!(below, "The score 0.6666666666666666 is below the threshold 0.66667.");
    }

    #[test]
    fn an_error_outweighs_everything() {
        let mut outcomes = vec![outcome(true, 1.0), outcome(false, 0.0), outcome(false, 1.0)];
        outcomes[1].verdict = Verdict::Error;
        let judgement = aggregate(outcomes, Some(0.0));
        assert_eq!((judgement.verdict, judgement.score), (Some(Verdict::Error), None));
        assert_eq!(judgement.reason, "false of weight 0");
    }

    #[test]
    fn metrics_are_weighted_means_and_those_of_a_set_count_by_its_weight() {
        let metric =
            |metric: &str, passes, weight| Outcome { metric: Some(metric.into()), ..outcome(passes, weight) };
        let set = Outcome {
            assertion_type: ASSERT_SET.into(),
            score: 0.25,
            outcomes: vec![metric("tone", false, 3.0), metric("form", true, 1.0), metric("set", true, 1.0)],
            ..metric("set", false, 2.0)
        };
        let judgement = aggregate(
            vec![set, metric("tone", true, 2.0), outcome(false, 1.0), metric("none", true, 0.0)],
            Some(0.5),
        );
        let found: Vec<_> = judgement
            .metric_scores
            .iter()
            .map(|found| (found.metric.as_str(), found.score, found.weight))
            .collect();
        assert_eq!(found, [("tone", 0.25, 8.0), ("none", 0.0, 0.0), ("set", 0.25, 2.0), ("form", 1.0, 2.0)]);
        let mut outcomes = judgement.outcomes;
        outcomes[1].verdict = Verdict::Error;
        assert_eq!(aggregate(outcomes, None).metric_scores, []);
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_naive_version(
            outcomes in prop::collection::vec((any::<bool>(), 0_u8..4), 1..8),
            threshold in prop::option::of(0_u8..9),
        ) {
            // Whole numbers: 8·Σ(passed weight) against threshold·Σweight.
            let all: u32 = outcomes.iter().map(|(_, weight)| u32::from(*weight)).sum();
            let passed: u32 = outcomes.iter().filter(|(passes, _)| *passes).map(|(_, weight)| u32::from(*weight)).sum();
            let expected = match threshold {
                Some(eighths) if all == 0 => eighths == 0,
                Some(eighths) => 8 * passed >= u32::from(eighths) * all,
                None => outcomes.iter().all(|(passes, weight)| *passes || *weight == 0),
            };
            let outcomes: Vec<_> = outcomes.iter().map(|(passes, weight)| (*passes, f64::from(*weight))).collect();
            let (found, score) = verdict(&outcomes, threshold.map(|eighths| f64::from(eighths) / 8.0));
            prop_assert_eq!(found == Some(Verdict::Pass), expected);
            prop_assert!((0.0..=1.0).contains(&score.unwrap()));
        }
    }
}
