//! What is answered: recorded words, a script, or chance that repeats.

mod arithmetic;
mod format;
mod label;
mod prose;
mod recorded;
mod scripts;

pub(crate) use recorded::Recorded;

use serde_json::Value;

use crate::dice::Dice;
use crate::request::Think;

/// What a model would say if nothing cut it short.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) thinking: String,
    pub(crate) content: String,
}

/// Answers a prompt by the scripts. `format` asks for JSON.
pub(crate) fn by_script(prompt: &str, format: Option<&Value>, think: Think, mut dice: Dice) -> Answer {
    let thinking = match think {
        Think::No => String::new(),
        Think::Low => prose::thoughts(prompt, 1, &mut dice),
        Think::Medium => prose::thoughts(prompt, 3, &mut dice),
        Think::High => prose::thoughts(prompt, 8, &mut dice),
    };
    let said = say(prompt, &mut dice);
    let content = match format {
        Some(format) => format::fill(format, &said, &mut dice),
        None => said,
    };
    Answer { thinking, content }
}

fn say(prompt: &str, dice: &mut Dice) -> String {
    echo(prompt)
        .map(str::to_owned)
        .or_else(|| arithmetic::solve(prompt))
        .or_else(|| label::choose(prompt))
        .or_else(|| scripts::reply(prompt, dice))
        .unwrap_or_else(|| prose::sentence(20, dice))
}

/// `echo: X` and `Repeat after me: X` are X.
fn echo(prompt: &str) -> Option<&str> {
    let prompt = prompt.trim();
    let start = match prompt.get(..5) {
        Some(head) if head.eq_ignore_ascii_case("echo:") => 5,
        _ => after(prompt, "repeat after me:")?,
    };
    Some(prompt[start..].trim())
}

/// Index behind the first occurrence of lower-case ASCII words, whatever their case.
fn after(text: &str, words: &str) -> Option<usize> {
    // ASCII lower case keeps every byte's place.
    text.to_ascii_lowercase().find(words).map(|at| at + words.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(prompt: &str) -> String {
        by_script(prompt, None, Think::No, Dice::new(1, [prompt])).content
    }

    #[test]
    fn an_echo_comes_back() {
        assert_eq!(said("echo: naïve, 日本語"), "naïve, 日本語");
        assert_eq!(said("Please repeat after me: one two"), "one two");
    }

    #[test]
    fn the_same_dice_say_the_same() {
        assert_eq!(said("Something that no script knows"), said("Something that no script knows"));
        assert_ne!(said("Something that no script knows"), said("Something else that no script knows"));
    }
}
