//! Texts of users and models inside our sentences.

/// Most characters of a text that a sentence quotes.
const QUOTE_LIMIT: usize = 200;

/// The text, cut with an ellipsis where it is long.
pub(super) fn clipped(text: &str) -> String {
    match text.char_indices().nth(QUOTE_LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The text in quotation marks, cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    format!("“{}”", clipped(text))
}

/// Whether the text is a template, of which nothing can be said before it is rendered.
pub(super) fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|opening| text.contains(opening))
}

/// How a sentence says “whatever the case”, where that is so.
pub(super) fn whatever_the_case(ignore_case: bool) -> &'static str {
    if ignore_case { ", whatever the case" } else { "" }
}

/// A count with commas between thousands, and its noun: `1 word`, `1,234 words`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

/// A count with commas between thousands.
pub(crate) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(clipped(&"ż".repeat(200)), "ż".repeat(200));
        assert_eq!(clipped(&"ż".repeat(201)), format!("{}…", "ż".repeat(200)));
    }

    #[test]
    fn counts_read_as_english() {
        assert_eq!(counted(1, "word"), "1 word");
        assert_eq!(counted(0, "word"), "0 words");
        assert_eq!(counted(1_234_567, "line"), "1,234,567 lines");
        assert_eq!(thousands(100), "100");
    }
}
