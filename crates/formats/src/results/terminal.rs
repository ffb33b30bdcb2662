//! Texts of models where a person sees them: what would move, hide or turn round other text is made visible.

use std::borrow::Cow;

/// Whether a character moves the cursor, hides or turns round text instead of being seen.
fn is_unseen(sign: char) -> bool {
    let is_control = sign.is_control() && sign != '\n' && sign != '\t';
    is_control || matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that a terminal shows and does not obey. Newlines and tabs stay.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible).collect())
}

fn visible(sign: char) -> char {
    match sign {
        sign if !is_unseen(sign) => sign,
        '\u{7f}' => '\u{2421}',
        // The pictures of control characters stand in their order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(sign)).unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// Text for XML and HTML: signs of markup escaped, and characters that neither may hold made visible.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\r' => escaped.push_str("&#13;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            sign => escaped.push(visible(sign)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_terminals_are_shown() {
        let table = [
            ("plain\ttext\nä😀", "plain\ttext\nä😀"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "␛[2J␛]0;title␇"),
            ("a\rb\u{8}\u{7f}", "a␍b␈␡"),
            ("\u{9b}31m", "\u{fffd}31m"),
            ("user\u{202e}txt.exe\u{2066}", "user\u{fffd}txt.exe\u{fffd}"),
        ];
        for (text, expected) in table {
            assert_eq!(for_terminal(text), expected);
        }
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(escaped("<a href='x'>&\"\u{1b}\0\r\n"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;␛␀&#13;\n");
    }
}
