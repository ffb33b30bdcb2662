//! Passwords: which are taken, and how they are kept.

mod hashing;
mod known;

pub(super) use hashing::Hasher;
use secrecy::{ExposeSecret, SecretString};
use zxcvbn::Score;

use super::names;
use crate::error::Problem;

/// Characters of a password. Its bytes are left as they came.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=128;
/// The shortest word of its surroundings that a password is looked through for.
const WORD: usize = 4;
/// So many characters must be left without those words.
const OWN: usize = 8;
/// The product's own name.
const PRODUCT: &str = "promptcards";

/// A password to be set, and what it must not be made of.
pub(super) struct NewPassword {
    pub(super) password: SecretString,
    /// Where it stands in the request.
    pub(super) pointer: &'static str,
    /// The account's name and its e-mail address.
    pub(super) around: Vec<String>,
}

impl NewPassword {
    /// Why it is not taken, with what to do.
    fn check(&self) -> Result<(), Problem> {
        let password = self.password.expose_secret();
        let refuse = |detail: &str| Err(Problem::at(self.pointer, detail));
        if !LENGTH.contains(&password.chars().count()) {
            return refuse("A password has 12 to 128 characters. Several words are easy to remember.");
        }
        if known::contains(password) {
            return refuse(
                "Very many people have this password, or one that differs by a few digits at its end. Choose another one.",
            );
        }
        let mut words: Vec<String> = self.around.iter().map(|word| names::key(word)).collect();
        words.extend(
            self.around.iter().filter_map(|word| word.split_once('@')).map(|(local, _)| names::key(local)),
        );
        words.push(PRODUCT.to_owned());
        words.retain(|word| word.chars().count() >= WORD);
        let own = words.iter().fold(names::key(password), |left, word| left.replace(word.as_str(), ""));
        if own.chars().count() < OWN {
            return refuse("This password is little more than a name that others know. Choose another one.");
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let strength = zxcvbn::zxcvbn(password, &words);
        if strength.score() >= Score::Three {
            return Ok(());
        }
        let advice = strength
            .feedback()
            .and_then(zxcvbn::feedback::Feedback::warning)
            .map(|warning| format!(" {warning}"));
        refuse(&format!(
            "This password can be guessed.{} Add a word or two that do not belong together.",
            advice.unwrap_or_default()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), String> {
        let around = ["ada.lovelace", "countess@example.org", "engine-room"].map(str::to_owned).to_vec();
        NewPassword { password: password.into(), pointer: "/password", around }
            .check()
            .map_err(|problem| problem.detail)
    }

    #[test]
    fn a_password_is_long_and_no_longer_than_can_be_looked_at() {
        assert!(check("vK9#qL2!xZ7").unwrap_err().contains("12 to 128"));
        assert_eq!(check("vK9#qL2!xZ7w"), Ok(()));
        let emoji = "🦊🌲🎻🧊🪁🫐🦉🧭".repeat(16);
        assert_eq!(emoji.chars().count(), 128);
        assert!(check(&format!("{emoji}x")).unwrap_err().contains("12 to 128"));
        let mixed: String = "tin hinge 🦊 quartz mellow 7 Ω plough ".chars().cycle().take(128).collect();
        assert_eq!(check(&mixed), Ok(()));
    }

    #[test]
    fn four_words_are_taken() {
        assert_eq!(check("correct plough battery hinge"), Ok(()));
    }

    #[test]
    fn what_many_people_have_is_refused() {
        for password in ["1q2w3e4r5t6y", "Password12345", "ILOVEYOU1234", "qwertyuiop123", "sunshine2024"] {
            assert!(check(password).unwrap_err().contains("Very many people"), "{password}");
        }
    }

    #[test]
    fn what_others_know_of_the_person_is_refused() {
        for password in ["ada.lovelace1815", "Countess-1815!", "engine-room-12", "promptcards-2026"] {
            assert!(check(password).unwrap_err().contains("a name that others know"), "{password}");
        }
    }

    #[test]
    fn what_can_be_guessed_is_refused_with_advice() {
        for password in ["aaaaaaaaaaaaaaaa", "abcdefghijklmnop", "zxcvzxcvzxcvzxcv", "19871987198719"] {
            assert!(check(password).is_err(), "{password}");
        }
        assert!(check("qaqaqaqaqaqaqaqaqa").unwrap_err().contains("Add a word"));
    }
}
