//! The key that a model server wants, read where the configuration says and shown nowhere.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use reqwest::header::HeaderValue;

use crate::settings::ProviderSettings;

/// What stands where the key stood.
const HIDDEN: &str = "[key]";
/// A shorter text would be found in words that have nothing to do with it.
const SHORTEST_HIDDEN: usize = 6;

/// A key that a program has. No log shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenKey(String);

impl From<&str> for GivenKey {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}

impl fmt::Debug for GivenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

/// The key of a provider, or why there is none.
#[derive(Clone)]
pub(crate) enum Key {
    /// The settings name none.
    None,
    /// It is sent with each request.
    Read {
        /// The key itself.
        key: String,
        /// `Bearer …`
        header: HeaderValue,
    },
    /// The settings name one that cannot be read. The sentence says why.
    Unreadable(String),
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Read { .. } => HIDDEN,
            Self::Unreadable(_) => "Unreadable",
        })
    }
}

impl Key {
    /// Reads the key that `settings` name. One that cannot be read is no reason not to start: the calls of this
    /// provider say so. What the settings hold is not said: it may be the key itself, written in the wrong place.
    pub(crate) fn read(settings: &ProviderSettings) -> Self {
        match (&settings.key, &settings.key_env, &settings.key_file) {
            (Some(GivenKey(key)), ..) => Self::of(key, "The key"),
            (None, Some(name), _) => Self::from_variable(name),
            (None, None, Some(path)) => Self::from_file(path),
            (None, None, None) => Self::None,
        }
    }

    fn from_variable(name: &str) -> Self {
        match std::env::var(name) {
            Ok(key) => Self::of(&key, "The variable that `key_env` names"),
            Err(_) => Self::Unreadable(
                "The variable that `key_env` names is not set, or is not text. `key_env` takes the name of a \
                 variable, not the key."
                    .to_owned(),
            ),
        }
    }

    fn from_file(path: &Path) -> Self {
        match std::fs::read_to_string(path) {
            Ok(key) => Self::of(&key, "The file that `key_file` names"),
            Err(cause) => {
                Self::Unreadable(format!("The file that `key_file` names cannot be read: {cause}."))
            }
        }
    }

    fn of(text: &str, whence: &str) -> Self {
        // Some editors begin a file with a mark.
        let key = text.trim_start_matches('\u{feff}').trim();
        if key.is_empty() {
            return Self::Unreadable(format!("{whence} is empty."));
        }
        match HeaderValue::from_str(&format!("Bearer {key}")) {
            Ok(mut header) if key.is_ascii() => {
                header.set_sensitive(true);
                Self::Read { key: key.to_owned(), header }
            }
            _ => Self::Unreadable(format!("{whence} holds more than one line, or letters that no key has.")),
        }
    }

    /// `words` without the key, should the server have sent it back.
    pub(crate) fn hidden_in<'a>(&self, words: &'a str) -> Cow<'a, str> {
        match self {
            Self::Read { key, .. } if key.len() >= SHORTEST_HIDDEN && words.contains(key.as_str()) => {
                Cow::Owned(words.replace(key.as_str(), HIDDEN))
            }
            _ => Cow::Borrowed(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_file(content: &str) -> Key {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        std::fs::write(&path, content).expect("written");
        Key::from_file(&path)
    }

    fn why(key: Key) -> String {
        match key {
            Key::Unreadable(why) => why,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_key_is_read_without_the_line_break_after_it_and_never_shown() {
        let key = of_file("sk-canary-1234\r\n");
        let Key::Read { header, .. } = &key else { unreachable!("{key:?}") };
        assert_eq!(header.as_bytes(), b"Bearer sk-canary-1234");
        assert_eq!(format!("{key:?} {header:?}"), "[key] Sensitive");
        assert_eq!(key.hidden_in("Incorrect key: sk-canary-1234."), "Incorrect key: [key].");
        let Key::Read { header, .. } = of_file("\u{feff}sk-canary-1234") else { unreachable!() };
        assert_eq!(header.as_bytes(), b"Bearer sk-canary-1234");
    }

    #[test]
    fn a_key_that_cannot_be_used_says_why_and_does_not_say_what_may_be_the_key() {
        assert!(why(of_file(" \n")).ends_with("is empty."));
        for broken in ["sk-1\nsk-2", "sk-1\r\nX-Admin: yes", "sk-1\0", "sk-ä"] {
            assert!(why(of_file(broken)).contains("more than one line"), "{broken:?}");
        }
        let unread = why(Key::from_file(Path::new("/no/such/sk-canary")));
        assert!(unread.contains("cannot be read") && !unread.contains("canary"), "{unread}");
        for name in ["sk_canary_1234", "sk-canary=1", "sk-canary\0", ""] {
            let unset = why(Key::from_variable(name));
            assert!(unset.contains("is not set") && !unset.contains("canary"), "{unset}");
        }
        assert!(why(Key::of("sk-1\nsk-2", "The key")).starts_with("The key holds more"));
        assert_eq!(format!("{:?}", GivenKey::from("sk-canary")), "[key]");
    }
}
