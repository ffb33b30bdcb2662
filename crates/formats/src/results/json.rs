//! promptfoo's JSON, version 3. Beyond it a result has `verdict`, which also says `invalid`.

use std::io::{self, Write};

use domain::test_case::Assertion;
use domain::verdict::{MetricScore, Outcome, Verdict};
use serde_json::{Map, Value, json};

use super::totals::tokens;
use super::{CellResult, Column, ColumnTotals, MetricTotals, Run, Status, Totals};

/// One document, of which the results are written as they come.
pub(super) struct Json {
    is_first: bool,
}

impl Json {
    pub(super) fn begin(out: &mut impl Write, run: &Run) -> io::Result<Self> {
        let (id, started_at) = (Value::from(run.id.as_str()), Value::from(run.started_at.as_str()));
        writeln!(
            out,
            "{{\n  \"evalId\": {id},\n  \"results\": {{\n    \"version\": 3,\n    \"timestamp\": {started_at},"
        )?;
        write!(out, "    \"results\": [")?;
        Ok(Self { is_first: true })
    }

    pub(super) fn write(
        &mut self,
        out: &mut impl Write,
        result: &CellResult,
        column: &Column,
    ) -> io::Result<()> {
        write!(out, "{}\n      ", if std::mem::take(&mut self.is_first) { "" } else { "," })?;
        serde_json::to_writer(out, &of_result(result, column)).map_err(io::Error::from)
    }
}

/// Ends the document with what all results add up to.
pub(super) fn finish(out: &mut impl Write, run: &Run, totals: &Totals) -> io::Result<()> {
    let columns = run.columns.iter().zip(&totals.columns);
    let prompts: Value = columns.map(|(column, totals)| of_column(column, totals)).collect();
    let all = totals.all();
    let stats = json!({
        "successes": all.passes,
        "failures": all.fails,
        "errors": all.errors + all.invalids,
        "tokenUsage": token_usage(&all),
        "durationMs": run.duration_ms,
    });
    let rest = json!({
        "config": run.config,
        "shareableUrl": null,
        "metadata": {"generator": run.generator, "evaluationCreatedAt": run.started_at},
        "vars": totals.variables,
    });
    write!(out, "\n    ],\n    \"prompts\": {prompts},\n    \"stats\": {stats}\n  }}")?;
    for (key, value) in rest.as_object().into_iter().flatten() {
        write!(out, ",\n  {}: {value}", Value::from(key.as_str()))?;
    }
    writeln!(out, "\n}}")
}

/// A result as a line.
pub(super) fn write_line(out: &mut impl Write, result: &CellResult, column: &Column) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &of_result(result, column)).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

fn of_result(result: &CellResult, column: &Column) -> Value {
    let status = result.status();
    let named: Map<String, Value> = result
        .judgement
        .metric_scores
        .iter()
        .map(|metric| (metric.metric.clone(), metric.score.into()))
        .collect();
    let mut value = json!({
        "id": result.id,
        "testIdx": result.row,
        "promptIdx": result.column,
        "promptId": column.prompt_id,
        "provider": {"id": column.provider, "label": column.provider_label.as_deref().unwrap_or_default()},
        "prompt": {"raw": result.prompt, "label": column.prompt_label},
        "vars": result.variables,
        "testCase": test_case(result),
        "success": status == Status::Pass,
        "failureReason": match status { Status::Pass => 0, Status::Fail => 1, Status::Error | Status::Invalid => 2 },
        "verdict": result.judgement.verdict,
        "score": result.score(),
        "latencyMs": result.latency_ms,
        "cost": result.cost_usd.unwrap_or(0.0),
        "namedScores": named,
        "metadata": result.metadata,
        "gradingResult": grading(result),
        "tokenUsage": usage(result),
    });
    if let Some(fields) = value.as_object_mut() {
        if status != Status::Pass {
            fields.insert("error".into(), result.reason().into());
        }
        if result.repeat > 0 {
            fields.insert("repeatIndex".into(), result.repeat.into());
        }
        if let Some(completion) = &result.completion {
            let mut response = json!({
                "output": completion.content,
                "cached": result.cached,
                "tokenUsage": usage(result),
            });
            if let Some(response) = response.as_object_mut() {
                let more = [("finishReason", &completion.finish_reason), ("thinking", &completion.thinking)];
                let more =
                    more.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text.clone()?.into())));
                response.extend(more);
            }
            fields.insert("response".into(), response);
        }
    }
    value
}

fn test_case(result: &CellResult) -> Value {
    let mut case = json!({"vars": result.variables, "assert": result.assertions, "options": {}, "metadata": result.metadata});
    if let Some(fields) = case.as_object_mut() {
        if let Some(description) = &result.description {
            fields.insert("description".into(), description.as_str().into());
        }
        if let Some(threshold) = result.threshold {
            fields.insert("threshold".into(), threshold.into());
        }
    }
    case
}

/// What was found, or null where there was nothing to look at.
fn grading(result: &CellResult) -> Value {
    let status = result.status();
    if matches!(status, Status::Error | Status::Invalid) {
        return Value::Null;
    }
    // Behind each set stand its own once more.
    let components = components(&result.judgement.outcomes, &result.assertions);
    let components = components.into_iter().flat_map(|component| {
        let inner = component["componentResults"].as_array().cloned().unwrap_or_default();
        std::iter::once(component).chain(inner)
    });
    let components: Vec<Value> = components.collect();
    let by_metric = |value: fn(&MetricScore) -> f64| -> Map<String, Value> {
        let scores = result.judgement.metric_scores.iter();
        scores.map(|metric| (metric.metric.clone(), value(metric).into())).collect()
    };
    json!({
        "pass": status == Status::Pass,
        "score": result.score(),
        "reason": result.reason(),
        "namedScores": by_metric(|metric| metric.score),
        "namedScoreWeights": by_metric(|metric| metric.weight),
        "componentResults": components,
    })
}

fn components(outcomes: &[Outcome], assertions: &[Assertion]) -> Vec<Value> {
    let assertions = assertions.iter().map(Some).chain(std::iter::repeat(None));
    outcomes.iter().zip(assertions).map(|(outcome, assertion)| component(outcome, assertion)).collect()
}

fn component(outcome: &Outcome, assertion: Option<&Assertion>) -> Value {
    let named = json!({"type": outcome.assertion_type});
    let mut value = json!({
        "pass": outcome.verdict == Verdict::Pass,
        "score": outcome.score,
        "reason": outcome.reason,
        "assertion": assertion.map_or(named, |assertion| json!(assertion)),
    });
    if let (Some(fields), false) = (value.as_object_mut(), outcome.outcomes.is_empty()) {
        let inner = assertion.map(|it| it.assert.as_slice()).unwrap_or_default();
        fields.insert("componentResults".into(), components(&outcome.outcomes, inner).into());
    }
    value
}

fn usage(result: &CellResult) -> Value {
    let (prompt, completion) = result.completion.as_ref().map(tokens).unwrap_or_default();
    if result.cached {
        return json!({"total": prompt + completion, "prompt": 0, "completion": 0, "cached": prompt + completion});
    }
    json!({"total": prompt + completion, "prompt": prompt, "completion": completion, "cached": 0})
}

fn token_usage(totals: &ColumnTotals) -> Value {
    json!({
        "total": totals.prompt_tokens + totals.completion_tokens + totals.cached_tokens,
        "prompt": totals.prompt_tokens,
        "completion": totals.completion_tokens,
        "cached": totals.cached_tokens,
        "numRequests": totals.calls,
    })
}

fn of_column(column: &Column, totals: &ColumnTotals) -> Value {
    let by_metric = |value: fn(&MetricTotals) -> Value| -> Map<String, Value> {
        totals.metrics.iter().map(|(name, sums)| (name.clone(), value(sums))).collect()
    };
    json!({
        "id": column.prompt_id,
        "raw": column.prompt_raw,
        "label": column.prompt_label,
        "provider": column.provider_label.as_deref().unwrap_or(&column.provider),
        "metrics": {
            "score": totals.score,
            "testPassCount": totals.passes,
            "testFailCount": totals.fails,
            "testErrorCount": totals.errors + totals.invalids,
            "assertPassCount": totals.assertion_passes,
            "assertFailCount": totals.assertion_fails,
            "totalLatencyMs": totals.latency_ms,
            "tokenUsage": token_usage(totals),
            "namedScores": by_metric(|sums| sums.score.into()),
            "namedScoresCount": by_metric(|sums| sums.count.into()),
            "namedScoreWeights": by_metric(|sums| sums.weight.into()),
            "cost": totals.cost_usd,
        },
    })
}
