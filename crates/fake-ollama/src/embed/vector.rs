//! Vectors that lie near each other where the texts have words, pairs of words or pieces of words in common.
//!
//! Each such n-gram is hashed, in lower case and without punctuation, into a direction of +1 and -1 in every
//! dimension. A vector is the weighted sum of its text's directions, brought to length 1. Directions of different
//! n-grams are nearly at right angles, so that the cosine of two vectors comes near the share of n-grams that the
//! texts have in common. What a word means is not known: a synonym is another word.

use crate::dice::Dice;

/// What a word, a pair of words and a piece of a word count.
const WORD: f32 = 1.0;
const PAIR: f32 = 0.7;
const PIECE: f32 = 0.3;

/// Characters of a piece.
const PIECE_LENGTH: usize = 3;

/// The vector of a text in the space of a model: `dimensions` numbers, or the first `wanted` of them if that is
/// fewer, of length 1.
pub(super) fn of(model: &str, text: &str, dimensions: usize, wanted: Option<usize>) -> Vec<f32> {
    let kept = wanted.filter(|wanted| (1..dimensions).contains(wanted)).unwrap_or(dimensions);
    let mut vector = vec![0.0; kept];
    for (ngram, weight) in ngrams(text) {
        add(&mut vector, Dice::new(0, [model, &ngram]), weight);
    }
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    for number in &mut vector {
        *number /= length;
    }
    vector
}

/// Adds a direction: one draw of the dice says the signs of 64 dimensions.
fn add(vector: &mut [f32], mut direction: Dice, weight: f32) {
    for part in vector.chunks_mut(64) {
        let signs = direction.next();
        for (bit, number) in part.iter_mut().enumerate() {
            *number += if signs >> bit & 1 == 0 { weight } else { -weight };
        }
    }
}

fn ngrams(text: &str) -> Vec<(String, f32)> {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        // Nothing but punctuation, or nothing: a direction of its own, for a length of 0 is none.
        return vec![(format!("={}", lower.trim()), WORD)];
    }
    let mut ngrams = Vec::new();
    for word in &words {
        ngrams.push(((*word).to_owned(), WORD));
        let letters: Vec<char> = format!("^{word}$").chars().collect();
        for piece in letters.windows(PIECE_LENGTH) {
            ngrams.push((piece.iter().collect::<String>() + "~", PIECE));
        }
    }
    for pair in words.windows(2) {
        ngrams.push((pair.join(" "), PAIR));
    }
    ngrams
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(a: &str, b: &str, wanted: Option<usize>) -> f32 {
        let [a, b] = [a, b].map(|text| of("nomic-embed-text:latest", text, 768, wanted));
        a.iter().zip(&b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn similar_texts_lie_near_each_other() {
        let near = cosine("The cat sat on the mat.", "A cat sat on a mat", None);
        let inflected = cosine("a running translator", "running translators", None);
        let far = cosine("The cat sat on the mat.", "Quarterly revenue grew by 8 %", None);
        assert!(near > 0.4 && inflected > 0.4 && far.abs() < 0.2, "{near} {inflected} {far}");
        let near = cosine("The cat sat on the mat.", "A cat sat on a mat", Some(64));
        assert!(near > 0.3, "the first 64 dimensions are enough: {near}");
        let kanji = cosine("東京都の天気予報", "東京都の天気", None);
        assert!(kanji > 0.3, "a script without spaces has pieces in common: {kanji}");
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        assert!(cosine("Hello, world!", "hello world", None) > 0.999);
    }

    #[test]
    fn every_text_has_a_vector_of_length_1() {
        for text in ["", "  ", "?!", "a", "naïve 🦀"] {
            for wanted in [None, Some(3), Some(0), Some(5_000)] {
                let vector = of("m", text, 384, wanted);
                let length: f32 = vector.iter().map(|number| number * number).sum();
                assert!((length - 1.0).abs() < 1e-4, "{text:?} {wanted:?}: {length}");
                assert_eq!(vector.len(), if wanted == Some(3) { 3 } else { 384 });
            }
        }
        assert_ne!(of("m", "?", 384, None), of("m", "!", 384, None));
        assert_ne!(of("m", "a", 384, None), of("n", "a", 384, None), "each model has a space of its own");
    }
}
