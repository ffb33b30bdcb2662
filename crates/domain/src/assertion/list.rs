//! A list in one text, as promptfoo writes it: `red, "light, blue"`.

use super::javascript::is_space;

/// The texts between commas. Space around them and empty places are left out. In quotation marks stand
/// commas and space, and `""` or `\"` for a quotation mark. The error is a sentence.
pub fn separated(text: &str) -> Result<Vec<String>, String> {
    let mut texts = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c| c == ',' || is_space(c));
        if rest.is_empty() {
            return Ok(texts);
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            let (field, after) =
                quoted_field(quoted).ok_or("The list has a quotation mark that is not closed.")?;
            texts.push(field);
            rest = after.trim_start_matches(is_space);
            if !rest.is_empty() && !rest.starts_with(',') {
                return Err("After a text in quotation marks the list needs a comma.".into());
            }
        } else {
            let (field, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
            texts.push(field.trim_matches(is_space).to_owned());
            rest = after;
        }
    }
}

/// The text up to the closing quotation mark, and what follows that. None: there is none.
fn quoted_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let plain = rest.find(['"', '\\'])?;
        field.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let escaped = ["\\\"", "\\\\", "\"\""].into_iter().find(|escape| rest.starts_with(escape));
        if let Some(escape) = escaped {
            field.push_str(&escape[1..]);
            rest = &rest[2..];
        } else if let Some(after) = rest.strip_prefix('"') {
            return Some((field, after));
        } else {
            field.push('\\');
            rest = &rest[1..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_promptfoo_reads_them() {
        // Each line was run in promptfoo 0.121.20.
        let table: [(&str, &[&str]); 12] = [
            ("a, b", &["a", "b"]),
            (" a ,,\t, b ", &["a", "b"]),
            ("", &[]),
            (" , ", &[]),
            (r#""light, blue",red"#, &["light, blue", "red"]),
            (r#""say ""hi""", x"#, &[r#"say "hi""#, "x"]),
            (r#""say \"hi\"""#, &[r#"say "hi""#]),
            (r#""a\\b\n""#, &[r"a\b\n"]),
            (r#"a "b" c"#, &[r#"a "b" c"#]),
            (r#""""#, &[""]),
            ("\u{a0}a\u{feff},\u{2003}b", &["a", "b"]),
            ("zażółć, 😀", &["zażółć", "😀"]),
        ];
        for (text, expected) in table {
            let expected = expected.iter().map(ToString::to_string).collect();
            assert_eq!(separated(text), Ok(expected), "{text}");
        }
        for text in [r#""a"#, r#""a" b"#, r#"x, ""#, r#""a\""#] {
            assert!(separated(text).is_err(), "{text}");
        }
    }
}
