//! The text of a statement, which no user input can reach.

/// One SQL statement, written once for every database: parameters are `$1` to `$n`, in any order.
///
/// It is made from a `&'static str` alone, so text put together at run time cannot become a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sql(&'static str);

impl Sql {
    /// A statement: `const GET: Sql = Sql::new("SELECT name FROM cards WHERE id = $1");`
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// Its text.
    pub const fn text(self) -> &'static str {
        self.0
    }

    /// Whether it begins or ends a transaction or a part of one.
    pub(crate) fn controls_a_transaction(self) -> bool {
        let first = self.0.split_ascii_whitespace().next().unwrap_or_default().trim_end_matches(';');
        ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"]
            .iter()
            .any(|word| first.eq_ignore_ascii_case(word))
    }

    /// The table that it names first, for messages; empty where it names none.
    pub(crate) fn table(self) -> &'static str {
        let mut words = self.0.split([' ', '\n', '(', ')', ',']).filter(|word| !word.is_empty());
        words
            .find(|word| ["FROM", "INTO", "UPDATE"].iter().any(|lead| word.eq_ignore_ascii_case(lead)))
            .and_then(|_| words.next())
            .unwrap_or_default()
    }
}

/// An `INSERT` of any number of rows with `N` columns each, for
/// [`Conn::insert_many`](crate::Conn::insert_many).
///
/// ```
/// # use store::InsertMany;
/// const INSERT: InsertMany<2> =
///     InsertMany::new("INSERT INTO card_tags (card_id, tag)", "ON CONFLICT DO NOTHING");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct InsertMany<const N: usize> {
    head: Sql,
    tail: &'static str,
}

impl<const N: usize> InsertMany<N> {
    /// `head` ends before `VALUES`; `tail` follows the rows and may be empty.
    pub const fn new(head: &'static str, tail: &'static str) -> Self {
        Self { head: Sql::new(head), tail }
    }

    pub(crate) fn head(&self) -> Sql {
        self.head
    }

    /// The statement for one row. Its `N` parameters are nameless and bound in the order of the columns:
    /// `SQLite` looks names up one after the other.
    pub(crate) fn one_row(&self) -> String {
        format!("{} VALUES ({}) {}", self.head.text(), vec!["?"; N].join(","), self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_a_statement_is_the_first_it_names() {
        for (text, table) in [
            ("SELECT id\nFROM cards WHERE id = $1", "cards"),
            ("INSERT INTO card_tags(card_id) VALUES ($1)", "card_tags"),
            ("update runs SET state = $1", "runs"),
            ("DELETE FROM cells", "cells"),
            ("SELECT 1", ""),
        ] {
            assert_eq!(Sql::new(text).table(), table, "{text}");
        }
    }
}
