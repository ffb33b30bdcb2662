//! A guess of how many tokens a prompt takes, before a model has counted them.

use crate::card::Message;

/// Tokens that a chat format spends on a message beside its text: role, start and end.
const TOKENS_OF_A_MESSAGE: f64 = 4.0;

/// Estimates the tokens of a prompt without any model's vocabulary.
///
/// English takes about four letters a token, the rule of thumb that vendors of models publish, and
/// that is what ASCII letters count here. Digits and signs are rarely joined: two a token. Other
/// scripts are counted by their UTF-8 bytes, since vocabularies are built over bytes: two-byte scripts
/// (Cyrillic, Greek, Arabic, accented Latin) two characters a token, three-byte scripts (Chinese,
/// Japanese, Korean, Indic) one, four-byte signs (emoji) half. Spaces belong to the word after them;
/// a space more, and a line's end, counts a quarter. Expect an error of a fifth on prose, more on
/// code and tables: it serves an estimate and a warning, never a bill.
pub fn estimate_tokens(messages: &[Message]) -> i64 {
    let tokens: f64 = messages
        .iter()
        .map(|message| {
            let text = message.content.iter().flat_map(|part| part.text.chars());
            TOKENS_OF_A_MESSAGE + text.map(tokens_of_a_character).sum::<f64>()
        })
        .sum();
    // A prompt has far fewer tokens than 2⁵³, and never a negative number of them.
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the size of a prompt")]
    let whole = tokens.ceil() as i64;
    whole
}

fn tokens_of_a_character(character: char) -> f64 {
    match character.len_utf8() {
        1 if character.is_ascii_alphabetic() || character.is_ascii_whitespace() => 0.25,
        1 | 2 => 0.5,
        3 => 1.0,
        _ => 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Role;

    fn of(text: &str) -> i64 {
        estimate_tokens(&[Message::text(Role::User, text)]) - 4
    }

    /// Counts of the `o200k_base` vocabulary are about 9, 11, 9 and 6.
    #[test]
    fn is_near_what_vocabularies_count() {
        assert!((8..=13).contains(&of("The quick brown fox jumps over the lazy dog.")));
        assert!((8..=22).contains(&of("Съешь ещё этих мягких французских булок")));
        assert!((7..=14).contains(&of("今天天气很好我们去公园")));
        assert_eq!(of(""), 0);
    }

    #[test]
    fn each_message_costs_something() {
        assert_eq!(estimate_tokens(&[]), 0);
        assert_eq!(estimate_tokens(&[Message::text(Role::System, ""), Message::text(Role::User, "")]), 8);
    }
}
