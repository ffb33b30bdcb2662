//! Answers to the cases of the sample cards, so that a first run shows what the verdicts are for.
//!
//! A few of them break a rule that their prompt sets, as answers of models do.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Skill;
use super::draw::Draw;
use super::prompt::Prompt;

#[derive(Deserialize)]
struct Known {
    /// What only this case's prompt says.
    says: String,
    answer: String,
}

static KNOWN: LazyLock<Vec<Known>> =
    LazyLock::new(|| serde_json::from_str(include_str!("known.json")).unwrap_or_default());

/// The answer to a prompt of a sample card. None: it is not one, or the model errs.
pub(super) fn answer(prompt: &Prompt, draw: &mut Draw, skill: Skill) -> Option<String> {
    let known = KNOWN.iter().find(|known| prompt.text.contains(&known.says))?;
    (!draw.happens(skill.errs_per_hundred)).then(|| known.answer.clone())
}

#[cfg(test)]
mod tests {
    use domain::card::{Message, Role};

    use super::*;

    #[test]
    fn a_sure_model_knows_the_samples_and_nothing_else() {
        let answered = |text: &str, errs_per_hundred| {
            let messages = [Message::text(Role::User, text)];
            let mut draw = Draw::new("m", &messages, 1);
            answer(&Prompt::new(&messages), &mut draw, Skill { errs_per_hundred })
        };
        let ticket = "Ticket: I was charged twice for my invoice of last month.\nLabel:";
        assert_eq!(answered(ticket, 0).as_deref(), Some("billing"));
        assert_eq!(answered(ticket, 100), None);
        assert_eq!(answered("Ticket: something else\nLabel:", 0), None);
    }
}
