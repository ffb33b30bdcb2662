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

    /// Whether it surely changes nothing.
    pub(crate) fn only_reads(self) -> bool {
        self.0.trim_start().starts_with("SELECT")
    }

    /// The table that it names first; empty where it names none.
    pub(crate) fn table(self) -> &'static str {
        let mut words = self.0.split([' ', '\n', '(', ')', ',']).filter(|word| !word.is_empty());
        words
            .find(|word| ["FROM", "INTO", "UPDATE"].iter().any(|lead| word.eq_ignore_ascii_case(lead)))
            .and_then(|_| words.next())
            .unwrap_or_default()
    }
}

/// One of the few statements that are not the same for both databases: claiming, lists in a parameter,
/// full-text search. A test counts them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SqlPair {
    pub(crate) sqlite: Sql,
    pub(crate) postgres: Sql,
}

impl SqlPair {
    pub(crate) const fn new(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite: Sql::new(sqlite), postgres: Sql::new(postgres) }
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

    /// The statement for so many rows, with its parameters numbered on.
    pub(crate) fn rows(&self, count: usize) -> String {
        let row = |row: usize| {
            let places: Vec<String> = (row * N + 1..=row * N + N).map(|place| format!("${place}")).collect();
            format!("({})", places.join(","))
        };
        let rows: Vec<String> = (0..count).map(row).collect();
        format!("{} VALUES {} {}", self.head.text(), rows.join(","), self.tail)
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
    fn few_statements_differ_by_database() {
        let sources = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
        let pairs: usize = sources
            .map(|file| file.unwrap().path())
            .filter(|path| path.is_file() && !path.ends_with("sql.rs"))
            .map(|path| std::fs::read_to_string(path).unwrap().matches("SqlPair::new(").count())
            .sum();
        assert!((1..=15).contains(&pairs), "{pairs} statements differ");
    }

    #[test]
    fn rows_of_one_insert_number_their_parameters_on() {
        const INSERT: InsertMany<2> =
            InsertMany::new("INSERT INTO card_tags (card_id, tag)", "ON CONFLICT DO NOTHING");
        assert_eq!(
            INSERT.rows(2),
            "INSERT INTO card_tags (card_id, tag) VALUES ($1,$2),($3,$4) ON CONFLICT DO NOTHING"
        );
    }

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
