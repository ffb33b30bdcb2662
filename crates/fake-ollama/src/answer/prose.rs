//! Text by chance, and the words of a prompt that an answer takes up.

use crate::dice::Dice;
use crate::tokens::tokens;

const WORDS: [&str; 40] = [
    "the", "a", "clear", "answer", "begins", "with", "one", "small", "step", "and", "then", "grows", "when",
    "each", "part", "is", "tested", "against", "what", "people", "need", "so", "that", "every", "detail",
    "can", "be", "checked", "by", "hand", "before", "it", "goes", "to", "its", "readers", "who", "will",
    "use", "daily",
];

/// A sentence of exactly so many tokens, one at least.
pub(super) fn sentence(length: usize, dice: &mut Dice) -> String {
    let mut text = String::new();
    let mut count = 1;
    while count < length {
        let word = *dice.pick(&WORDS);
        let cost = tokens(word).count();
        if count + cost > length {
            continue;
        }
        if text.is_empty() {
            text.push_str(&word[..1].to_uppercase());
            text.push_str(&word[1..]);
        } else {
            text.push(' ');
            text.push_str(word);
        }
        count += cost;
    }
    text.push('.');
    text
}

/// What a model thinks before it answers.
pub(super) fn thoughts(prompt: &str, sentences: usize, dice: &mut Dice) -> String {
    let mut text = format!("The question is about {}.", subject(prompt));
    for _ in 0..sentences {
        text.push(' ');
        text.push_str(&sentence(16, dice));
    }
    text
}

/// What a prompt is about: the words behind its last colon, else behind `about` or `for`, else its first ones.
pub(super) fn subject(prompt: &str) -> String {
    let prompt = prompt.trim();
    let colon = prompt.rfind(": ").or_else(|| prompt.rfind(":\n")).map(|at| at + 1);
    let start = colon.or_else(|| super::after(prompt, " about ")).or_else(|| super::after(prompt, " for "));
    let words: Vec<&str> = prompt[start.unwrap_or(0)..].split_whitespace().take(12).collect();
    words.join(" ").trim_end_matches(|c: char| c.is_ascii_punctuation()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_the_tokens_asked_for() {
        for length in 1..40 {
            let text = sentence(length, &mut Dice::new(length as u64, []));
            assert_eq!(tokens(&text).count(), length, "{text}");
        }
    }

    #[test]
    fn a_subject_is_found() {
        assert_eq!(subject("Write a story about a shy dragon."), "a shy dragon");
        assert_eq!(subject("Summarise in one line:\nThe cat sat on the mat."), "The cat sat on the mat");
        assert_eq!(subject("Why is the sky blue?"), "Why is the sky blue");
    }
}
