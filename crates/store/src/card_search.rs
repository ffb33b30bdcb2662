//! Full-text search over cards.
//!
//! Both databases are given words and not texts, so that both find the same.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::cards::CardRow;
use crate::conn::Dialect;
use crate::copy::Values;
use crate::sql::SqlPair;
use crate::{Conn, Result};

/// How many letters of a word are looked at.
const LONGEST_WORD: usize = 200;
/// How many bytes of words a card is found by: `PostgreSQL` loses words beyond a mebibyte, and says nothing.
const MOST_BYTES: usize = 1_000_000;

/// Replaces what the card is found by.
pub fn index(conn: &mut Conn, card: &CardRow, tags: &[String], template: &str) -> Result<()> {
    const REPLACE: SqlPair = SqlPair::new(
        "INSERT OR REPLACE INTO card_search (rowid, words) SELECT number, $2 FROM cards WHERE id = $1",
        "INSERT INTO card_search (card_number, words) \
         SELECT number, array_to_tsvector(string_to_array($2, ' ')) FROM cards WHERE id = $1 \
         ON CONFLICT (card_number) DO UPDATE SET words = excluded.words",
    );
    let texts = [&card.title, &card.slug, &card.description, &tags.join(" "), template];
    let replace = conn.pick(&REPLACE);
    conn.execute(replace, &[&card.id, &words(texts).join(" ")]).map(drop)
}

/// Inserts rows of the view `card_words`, each a card's number and its words, as another database holds them.
pub(crate) fn insert_words(conn: &mut Conn, rows: &[Values]) -> Result<()> {
    const INSERT: SqlPair = SqlPair::new(
        "INSERT INTO card_search (rowid, words) VALUES ($1, $2)",
        "INSERT INTO card_search (card_number, words) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))",
    );
    let insert = conn.pick(&INSERT);
    conn.execute_many(insert, rows, Values::parameters::<2>).map(drop)
}

/// A search as the database takes it: each word quoted, each the beginning of one, all required. None where there
/// is no word.
pub(crate) fn query(conn: &Conn, search: &str) -> Option<String> {
    let words = words([search]);
    let joined = match conn.dialect() {
        Dialect::Sqlite => words.iter().map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" "),
        Dialect::Postgres => words.iter().map(|word| format!("'{word}':*")).collect::<Vec<_>>().join(" & "),
    };
    Some(joined).filter(|query| !query.is_empty())
}

/// The words of texts, each once, up to [`MOST_BYTES`]: runs of letters and digits, in small letters, without accents.
fn words<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let (mut words, mut bytes) = (BTreeSet::new(), 0);
    for text in texts {
        let plain: String = text.nfd().filter(|letter| !is_combining_mark(*letter)).collect();
        let parts = plain.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        for word in parts.map(small) {
            bytes += if words.contains(&word) { 0 } else { word.len() };
            if bytes > MOST_BYTES {
                return words.into_iter().collect();
            }
            words.insert(word);
        }
    }
    words.into_iter().collect()
}

/// A word in small letters. Letter by letter: the small sigma at the end of a word is another one in writing only.
fn small(word: &str) -> String {
    let letters = word.chars().flat_map(char::to_lowercase).filter(|letter| !is_combining_mark(*letter));
    letters.map(|letter| if letter == 'ς' { 'σ' } else { letter }).take(LONGEST_WORD).collect()
}
