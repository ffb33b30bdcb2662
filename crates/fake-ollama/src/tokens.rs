//! How text is cut into tokens: about four letters each, as common vocabularies do.

/// Longest token without its leading white space, in bytes.
const LONGEST: usize = 6;

/// The tokens of a text, in order; put together they are the text again, byte for byte.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (token, tail) = rest.split_at(first_token(rest));
        rest = tail;
        Some(token)
    })
}

/// White space before it, then a run of letters and digits or one other sign.
fn first_token(text: &str) -> usize {
    let word = text.find(|c: char| !c.is_whitespace()).unwrap_or(text.len());
    let mut end = word;
    for c in text[word..].chars() {
        let next = end + c.len_utf8();
        if end > word && (next - word > LONGEST || !c.is_alphanumeric()) {
            break;
        }
        end = next;
        if !c.is_alphanumeric() {
            break;
        }
    }
    end
}

/// The beginning of a text that is at most `budget` tokens long, and how many tokens it has.
pub(crate) fn cut(text: &str, budget: usize) -> (&str, usize) {
    let (mut end, mut count) = (0, 0);
    for token in tokens(text).take(budget) {
        end += token.len();
        count += 1;
    }
    (&text[..end], count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_text_again() {
        for text in ["", "  ", "A quick test, of words.", "naïve 日本語のテキスト 🦀🦀", "tab\tand\n\nlines "]
        {
            assert_eq!(tokens(text).collect::<String>(), text);
        }
        assert_eq!(tokens("An internationally known word.").count(), 7);
    }

    #[test]
    fn a_budget_cuts_between_tokens() {
        assert_eq!(cut("one two three", 2), ("one two", 2));
        assert_eq!(cut("one two three", 9), ("one two three", 3));
    }
}
