//! Passwords that very many people have: the first bytes of the SHA-256 of each, in order.
//!
//! `scripts/common-passwords.mjs` writes the file and says where they are from. A password that is not among them is taken for
//! one of them once in some million times: it is refused, and another one is chosen.

use sha2::{Digest, Sha256};

/// Bytes of each hash.
const WIDTH: usize = 5;
/// The shortest that is among them: what is shorter is no password with four characters more.
const SHORTEST: usize = 8;
/// So many digits or signs are often put at the end of one.
const ENDING: usize = 4;

static HASHES: &[u8] = include_bytes!("known.bin");

/// Whether it is one of them in any case, or one of them with a few digits or signs at its end.
pub(super) fn contains(password: &str) -> bool {
    let folded = password.to_lowercase();
    let mut rest = folded.as_str();
    for _ in 0..=ENDING {
        if is_listed(rest) {
            return true;
        }
        match rest.char_indices().next_back() {
            Some((place, last)) if !last.is_alphabetic() && place >= SHORTEST => rest = &rest[..place],
            _ => return false,
        }
    }
    false
}

fn is_listed(word: &str) -> bool {
    let hash = Sha256::digest(word);
    let (hashes, _) = HASHES.as_chunks::<WIDTH>();
    hashes.binary_search_by(|listed| listed.as_slice().cmp(&hash[..WIDTH])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_and_in_order() {
        let (hashes, rest) = HASHES.as_chunks::<WIDTH>();
        assert!(hashes.len() >= 100_000 && rest.is_empty(), "{}", hashes.len());
        assert!(hashes.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn case_and_a_few_digits_at_the_end_do_not_hide_one() {
        for password in
            ["password", "PassWord", "password1234", "password!!", "Sunshine2024", "mailcreated5240"]
        {
            assert!(contains(password), "{password}");
        }
        for password in ["password12345x", "vK9#qL2!xZ7w", "correct plough battery hinge", "12345", ""] {
            assert!(!contains(password), "{password}");
        }
    }
}
