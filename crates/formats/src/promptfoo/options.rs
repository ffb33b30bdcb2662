//! `evaluateOptions` and `commandLineOptions` of a config: how it is to be run.

use serde_json::Value;

use super::document::Fields;
use super::model::Options;
use crate::problem::{Findings, Path};

/// Reads both; what `commandLineOptions` says goes before.
pub(super) fn read(config: &mut Fields, findings: &mut Findings) -> Options {
    let mut options = Options::default();
    if let Some(mut fields) = config.fields("evaluateOptions", findings) {
        common(&mut fields, &mut options, findings);
        options.progress_bar = fields.flag("showProgressBar", findings);
        options.timeout_ms = fields.count("timeoutMs", findings);
        options.max_eval_time_ms = fields.count("maxEvalTimeMs", findings);
        fields.passed_over(
            &["generateSuggestions", "suggestionsCount", "silent", "interactiveProviders", "isRedteam"],
            findings,
        );
        fields.refuse_rest(findings);
    }
    if let Some(mut fields) = config.fields("commandLineOptions", findings) {
        common(&mut fields, &mut options, findings);
        options.progress_bar = fields.flag("progressBar", findings).or(options.progress_bar);
        options.table = fields.flag("table", findings);
        options.table_cell_max_length = fields.small_count("tableCellMaxLength", findings);
        options.output = fields.texts("output", findings).unwrap_or_default();
        options.filter_first_n = fields.small_count("filterFirstN", findings);
        options.filter_pattern = fields.text("filterPattern", findings);
        options.filter_prompts = fields.text("filterPrompts", findings);
        options.filter_failing = fields.text("filterFailing", findings);
        let targets = fields.text("filterTargets", findings);
        options.filter_providers = fields.text("filterProviders", findings).or(targets);
        let without_effect =
            ["verbose", "write", "share", "noShare", "watch", "tags", "description", "envPath", "grader"];
        fields.passed_over(&without_effect, findings);
        fields.refuse_rest(findings);
    }
    match config.take("outputPath") {
        None => {}
        Some(_) if !options.output.is_empty() => {}
        Some(Value::String(path)) => options.output = vec![path],
        Some(Value::Array(paths)) if paths.iter().all(Value::is_string) => {
            options.output = paths.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        Some(_) => findings.refuse(&Path::of("outputPath"), "must be a text or a list of texts"),
    }
    options
}

fn common(fields: &mut Fields, options: &mut Options, findings: &mut Findings) {
    options.max_concurrency = fields.small_count("maxConcurrency", findings).or(options.max_concurrency);
    options.repeat = fields.small_count("repeat", findings).filter(|repeat| *repeat > 0).or(options.repeat);
    options.delay_ms = fields.count("delay", findings).or(options.delay_ms);
    options.cache = fields.flag("cache", findings).or(options.cache);
    if let Some(range) = fields.text("filterRange", findings) {
        match self::range(&range) {
            Ok(numbers) => options.filter_range = Some(numbers),
            Err(message) => findings.refuse(&fields.path.key("filterRange"), message),
        }
    }
}

/// Reads which tests are wanted: from the first number, counted from 0, up to the second, which is left out. An end
/// that is not given is open.
pub fn range(text: &str) -> Result<(usize, usize), &'static str> {
    let number = |text: &str, open| match text.trim() {
        "" => Some(open),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    };
    text.split_once(':')
        .filter(|_| text.trim() != ":")
        .and_then(|(start, end)| Some((number(start, 0)?, number(end, usize::MAX)?)))
        .filter(|(start, end)| start <= end)
        .ok_or("must be two numbers, the smaller one first, as in 0:10, 10: or :10")
}
