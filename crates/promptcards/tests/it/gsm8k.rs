//! Real input: the GSM8K questions, and what two real models answered.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fake_ollama::{Model, Options};
use serde_json::{Value, json};
use testkit::TestServer;

const MODELS: [(&str, i64); 2] = [("gpt3-6b-finetuned", 286), ("gpt3-175b-finetuned", 458)];

#[tokio::test]
async fn all_published_verdicts_of_gsm8k_are_reproduced() {
    let Some(folder) = std::env::var_os("GSM8K_DIR") else {
        return testkit::not_run("all_published_verdicts_of_gsm8k_are_reproduced", "GSM8K_DIR is not set");
    };
    let lines: Vec<Value> = fs::read_to_string(Path::new(&folder).join("recorded.jsonl"))
        .expect("GSM8K_DIR names a folder without recorded.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1319);

    let replay = tempfile::NamedTempFile::new().unwrap();
    let recorded: Vec<String> = lines.iter().flat_map(answers).collect();
    fs::write(replay.path(), recorded.join("\n")).unwrap();
    let ollama = Options {
        models: MODELS.iter().map(|(model, _)| Model::named(model)).collect(),
        recorded: Some(replay.path().to_owned()),
        ..Options::default()
    };
    let server = TestServer::start_with(ollama, |_| {}).await;
    let actor = &server.actor;

    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "{{ question }}" }] }],
        "variables": [{ "name": "question", "type": "text", "required": true }],
    });
    let card = actor.card("grade-school-math", &content).await;
    let cases: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "variables": { "question": line["question"] },
                "expected_output": line["answer"],
                "assertions": [{ "type": "number" }],
            })
        })
        .collect();
    actor.cases(&card, &cases).await;
    let models = MODELS.map(|(model, _)| format!("ollama/{model}:latest"));
    let run = actor.start("grade-school-math", &[&models[0], &models[1]], 1).await;
    let run = actor.finish(&run).await;

    assert_eq!(run["cell_count"], 2638);
    for (column, (model, correct)) in MODELS.iter().enumerate() {
        assert_eq!(run["columns"][column]["counts"]["pass"], *correct, "{model}");
    }
    let cells = actor.cells(&run).await;
    let verdicts: BTreeMap<(i64, i64), &Value> = cells
        .iter()
        .map(|cell| ((cell["column"].as_i64().unwrap(), cell["row"].as_i64().unwrap()), &cell["verdict"]))
        .collect();
    assert_eq!(verdicts.len(), 2638);
    for (row, line) in (0..).zip(&lines) {
        for (column, (model, _)) in (0..).zip(&MODELS) {
            let published = if line["outputs"][model]["correct"] == true { "pass" } else { "fail" };
            assert_eq!(verdicts[&(column, row)], published, "row {row}, {model}: {}", line["question"]);
        }
    }
    assert_eq!(server.ollama.counters().models.values().map(|model| model.loads).sum::<u64>(), 2);
    server.stop().await;
}

/// The lines of the fake server's file: one a model.
fn answers(line: &Value) -> Vec<String> {
    MODELS
        .iter()
        .map(|(model, _)| {
            let text = &line["outputs"][model]["text"];
            json!({ "model": model, "prompt": line["question"], "response": text }).to_string()
        })
        .collect()
}
