//! Whether a server that answers has the model.

use super::{Diagnosis, Outcome, Step};
use crate::facts::{ModelFacts, same_model};
use crate::failure;
use crate::provider::Provider;

/// Most names in a sentence.
const NAMED: usize = 5;

/// Asks a server that answers for its models. `answers` says that it does.
pub(super) async fn look(provider: &Provider, answers: String, model: Option<&str>) -> Diagnosis {
    let models = match provider.models().await {
        Ok(models) => models,
        Err(error) => {
            let step = step(Outcome::Fails, error.detail.clone());
            let conclusion = format!("{answers} It does not list its models: {}", error.detail);
            return Diagnosis { works: false, conclusion, configuration: None, steps: vec![step] };
        }
    };
    let is_ollama = matches!(provider, Provider::Ollama(_));
    let (works, sentence) = match model {
        None if models.is_empty() && is_ollama => (
            false,
            "It has no model yet. Pull one, for example: `promptcards models pull llama3.2`.".to_owned(),
        ),
        None if models.is_empty() => (false, "It has no model. Give it one where it is started.".to_owned()),
        None => (true, format!("It has {}.", some(&models.iter().collect::<Vec<_>>()))),
        Some(wanted) if models.iter().any(|known| same_model(&known.name, wanted)) => {
            (true, format!("It has the model `{}`.", failure::shown(wanted)))
        }
        Some(wanted) => (false, missing(wanted, &models, is_ollama)),
    };
    let outcome = if works { Outcome::Works } else { Outcome::Fails };
    Diagnosis {
        works,
        conclusion: format!("{answers} {sentence}"),
        configuration: None,
        steps: vec![step(outcome, sentence)],
    }
}

fn step(outcome: Outcome, found: String) -> Step {
    Step { tried: "The models".to_owned(), outcome, found }
}

fn missing(wanted: &str, models: &[ModelFacts], is_ollama: bool) -> String {
    let near = near(wanted, models);
    let has = match (near.as_slice(), models) {
        ([], []) => "It has none at all.".to_owned(),
        ([], _) => format!("It has {}.", some(&models.iter().collect::<Vec<_>>())),
        (near, _) => format!("Near it are {}.", some(near)),
    };
    let wanted = failure::shown(wanted);
    let pull =
        if is_ollama { format!(" To pull it: `promptcards models pull {wanted}`.") } else { String::new() };
    format!("It has no model `{wanted}`. {has}{pull}")
}

/// The models whose names are another tag of the wanted one, or a few letters away, nearest first.
fn near<'a>(wanted: &str, models: &'a [ModelFacts]) -> Vec<&'a ModelFacts> {
    let base = |name: &str| name.split_once(':').map_or(name, |(base, _)| base).to_lowercase();
    let wanted = base(wanted);
    let most = (wanted.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &ModelFacts)> = models
        .iter()
        // A name that a server makes very long is near none.
        .filter(|model| model.name.len() <= 200)
        .map(|model| (strsim::damerau_levenshtein(&wanted, &base(&model.name)), model))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().map(|(_, model)| model).collect()
}

fn some(models: &[&ModelFacts]) -> String {
    let names: Vec<String> =
        models.iter().take(NAMED).map(|model| format!("`{}`", failure::shown(&model.name))).collect();
    match models.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_other_tags_and_slips_of_the_pen() {
        let models: Vec<ModelFacts> = ["llama3.2:latest", "llama3.1:8b", "qwen3:8b", "hf.co/team/model:Q4"]
            .map(|name| ModelFacts { name: name.to_owned(), ..ModelFacts::default() })
            .into();
        let names = |wanted: &str| -> Vec<&str> {
            near(wanted, &models).into_iter().map(|model| model.name.as_str()).collect()
        };
        assert_eq!(names("llama3.2:1b"), ["llama3.2:latest", "llama3.1:8b"]);
        assert_eq!(names("qwne3"), ["qwen3:8b"]);
        assert_eq!(names("mistral"), [""; 0]);
    }
}
