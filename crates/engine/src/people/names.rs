//! What accounts may be called, and how names and e-mail addresses are compared.

use domain::ids::UserId;
use unicode_normalization::UnicodeNormalization;

use crate::error::Problem;

/// Names that stand for something else where a name is shown.
const RESERVED: [&str; 6] = ["anonymous", "local", "me", "promptcards", "root", "system"];
/// What the name of an account becomes whose person was erased.
const ERASED: &str = "erased-";

/// What the account is called once its person was erased. Nobody else can have this name.
pub(super) fn erased(id: UserId) -> String {
    // The last digits of an id are random; the first ones are a time.
    format!("{ERASED}{:012x}", id.to_bits() & 0xffff_ffff_ffff)
}

/// A name and an e-mail address as they are compared: without case, and without the difference between characters that
/// only look otherwise (NFKC).
pub(crate) fn key(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// What is wrong with the name of an account.
pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    let length = name.chars().count();
    let sound = (3..=64).contains(&length)
        && name.chars().all(|letter| letter.is_alphanumeric() || "_.-".contains(letter));
    let key = key(name);
    let detail = if !sound {
        "A name has 3 to 64 letters, digits, dots, hyphens or underscores."
    } else if RESERVED.contains(&key.as_str()) || key.starts_with(ERASED) {
        "This name stands for something else. Choose another one."
    } else {
        return Ok(());
    };
    Err(Problem::at("/name", detail))
}

/// The address as it was typed and as it is compared, or what is wrong with it. Whether it exists only a letter to it
/// can tell.
pub(super) fn check_email(email: &str) -> Result<(String, String), Problem> {
    let email = email.trim();
    let parts = email.rsplit_once('@');
    let sound = email.len() <= 254
        && !email.chars().any(|letter| letter.is_whitespace() || letter.is_control())
        && parts.is_some_and(|(local, host)| {
            (1..=64).contains(&local.len())
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
        });
    if sound {
        Ok((email.to_owned(), key(email)))
    } else {
        Err(Problem::at("/email", "This is no e-mail address, such as ada@example.org."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_are_the_same() {
        for (one, other) in
            [("Ada", "ada"), ("ＡＤＡ", "ada"), ("Søren", "søren"), ("ﬁona", "fiona"), (" ada ", "ada")]
        {
            assert_eq!(key(one), key(other), "{one}");
        }
        assert_ne!(key("ada"), key("adа"), "the last letter is Cyrillic");
    }

    #[test]
    fn a_name_is_short_and_plain() {
        for name in ["ada", "ada.lovelace", "Søren", "a_b-c.9", &"x".repeat(64)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["ab", "ada lovelace", "ada@x", "a/b", "ada\u{202e}", "", &"x".repeat(65)] {
            assert!(check_name(name).is_err(), "{name}");
        }
        for name in ["local", "Root", "erased-0badcafe"] {
            assert!(check_name(name).unwrap_err().detail.contains("something else"), "{name}");
        }
    }

    #[test]
    fn an_address_has_two_parts() {
        assert_eq!(
            check_email(" Ada@Example.org ").unwrap(),
            ("Ada@Example.org".to_owned(), "ada@example.org".to_owned())
        );
        for email in
            ["ada", "@example.org", "ada@", "ada@example", "a b@example.org", "ada@.org", "ada@example."]
        {
            assert!(check_email(email).is_err(), "{email}");
        }
    }
}
