//! Tables of comma-separated values, read as promptfoo reads them: strictly, and where quotes are wrong
//! once more with quotes taken for text.
//!
//! Not the crate `csv`: it takes a quote that is never closed, and quotes in odd places, without a word,
//! and gives whole columns of nonsense for them.

/// Most cells of a table. A file of nothing but commas has millions, each with a place in memory.
const CELLS_LIMIT: usize = 2_000_000;

/// A table with the names of its columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// A row, with as many cells as there are columns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line that it begins in, from 1.
    pub(crate) line: usize,
    pub(crate) cells: Vec<String>,
}

/// Reads a table. An error says the line and what is wrong there.
pub(crate) fn read(text: &str, delimiter: char) -> Result<Table, String> {
    let records = match records(text, delimiter, Quotes::Strict) {
        Err(Mistake { is_quote: true, .. }) => records(text, delimiter, Quotes::Relaxed),
        other => other,
    };
    table(records)
}

/// The same for a table of prompts: space around cells is none of theirs, and a quote inside one is text.
pub(crate) fn read_trimmed(text: &str, delimiter: char) -> Result<Table, String> {
    let is_empty = |row: &Row| matches!(row.cells.as_slice(), [only] if only.is_empty());
    let records = records(text, delimiter, Quotes::Trimmed);
    table(records.map(|rows| rows.into_iter().filter(|row| !is_empty(row)).collect()))
}

fn table(records: Result<Vec<Row>, Mistake>) -> Result<Table, String> {
    let mut records = records.map_err(|mistake| mistake.sentence)?.into_iter();
    let Some(header) = records.next().map(|row| row.cells) else { return Ok(Table::default()) };
    let mut rows = Vec::new();
    for row in records {
        if row.cells.len() == 1 && row.cells[0].is_empty() && header.len() > 1 {
            continue;
        }
        if row.cells.len() != header.len() {
            let (line, found, expected) = (row.line, row.cells.len(), header.len());
            return Err(format!("line {line}: there are {found} cells and {expected} columns"));
        }
        rows.push(row);
    }
    Ok(Table { header, rows })
}

#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    Strict,
    Relaxed,
    /// Quotes inside a cell are text; behind one that ends a cell may stand space.
    Trimmed,
}

struct Mistake {
    /// Whether it is one that relaxed reading forgives.
    is_quote: bool,
    sentence: String,
}

fn records(text: &str, delimiter: char, quotes: Quotes) -> Result<Vec<Row>, Mistake> {
    let mut rows = Vec::new();
    let mut row = Row { line: 1, cells: Vec::new() };
    let mut cell = String::new();
    let (mut line, mut quoted_since, mut was_quoted) = (1, None, false);
    let mut cells = 0;
    let mut signs = text.chars().peekable();
    let quote = |line: usize, sentence: &str| Mistake {
        is_quote: true,
        sentence: format!("line {line}: {sentence}"),
    };
    while let Some(sign) = signs.next() {
        let ends_line = sign == '\n' || sign == '\r';
        if sign == '\n' || (sign == '\r' && signs.peek() != Some(&'\n')) {
            line += 1;
        }
        if quoted_since.is_some() {
            if sign != '"' {
                cell.push(sign);
                continue;
            }
            match signs.peek() {
                Some('"') => {
                    signs.next();
                    cell.push('"');
                }
                None | Some('\n' | '\r') => (quoted_since, was_quoted) = (None, true),
                Some(next) if *next == delimiter => (quoted_since, was_quoted) = (None, true),
                Some(next) if quotes == Quotes::Trimmed && next.is_whitespace() => {
                    (quoted_since, was_quoted) = (None, true);
                }
                Some(_) if quotes == Quotes::Relaxed => {
                    quoted_since = None;
                    cell = format!("\"{cell}\"");
                }
                Some(_) => return Err(quote(line, "there is text after the quote that ends a cell")),
            }
        } else if quotes == Quotes::Trimmed
            && (cell.is_empty() || was_quoted)
            && sign.is_whitespace()
            && !ends_line
            && sign != delimiter
        {
            // Space before a cell, or behind its quote.
        } else if quotes == Quotes::Trimmed && was_quoted && sign != delimiter && !ends_line {
            return Err(quote(line, "there is text after the quote that ends a cell"));
        } else if sign == '"' && cell.is_empty() && !was_quoted {
            quoted_since = Some(line);
        } else if sign == '"' && quotes == Quotes::Strict {
            return Err(quote(line, "there is a quote inside a cell that does not begin with one"));
        } else if sign == delimiter || ends_line {
            cells += 1;
            if cells > CELLS_LIMIT {
                let sentence =
                    format!("line {}: there are more than {CELLS_LIMIT} cells until here", row.line);
                return Err(Mistake { is_quote: false, sentence });
            }
            if quotes == Quotes::Trimmed && !was_quoted {
                cell.truncate(cell.trim_end().len());
            }
            row.cells.push(std::mem::take(&mut cell));
            was_quoted = false;
            if ends_line {
                if sign == '\r' && signs.peek() == Some(&'\n') {
                    signs.next();
                    line += 1;
                }
                rows.push(std::mem::replace(&mut row, Row { line, cells: Vec::new() }));
            }
        } else {
            cell.push(sign);
        }
    }
    if let Some(since) = quoted_since {
        let sentence = format!("line {since}: the quote that begins here is never closed");
        return Err(Mistake { is_quote: false, sentence });
    }
    if quotes == Quotes::Trimmed && !was_quoted {
        cell.truncate(cell.trim_end().len());
    }
    if !cell.is_empty() || was_quoted || !row.cells.is_empty() {
        row.cells.push(cell);
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows, each as `cell|cell`, or the error.
    fn rows(text: &str) -> String {
        match read(text, ',') {
            Ok(table) => table.rows.iter().map(|row| row.cells.join("|")).collect::<Vec<_>>().join(" / "),
            Err(error) => error,
        }
    }

    #[test]
    fn cells_are_those_that_promptfoo_reads() {
        // Each line was run through promptfoo's reader.
        let table = [
            ("a,b\n\"x\"y,2\n", "\"x\"y|2"),
            ("a,b\nx\"y,2\n", "x\"y|2"),
            ("a,b\n\"x,2\n", "line 2: the quote that begins here is never closed"),
            ("a,b\n1\n", "line 2: there are 1 cells and 2 columns"),
            ("a,b\n1,2,3\n", "line 2: there are 3 cells and 2 columns"),
            ("a\n\nx\n", " / x"),
            ("a,b\r\n1,2\r\n", "1|2"),
            ("a,\n1,2\n", "1|2"),
            ("a,b\n\"x\"\"y\",2", "x\"y|2"),
            ("a,b\n \"x\",2\n", " \"x\"|2"),
            ("a,b\n\"x\" ,2\n", "\"x\" |2"),
            ("a,b\r1,2\r", "1|2"),
            ("a,b\n\"l1\nl2\",2\n", "l1\nl2|2"),
            ("", ""),
            ("a,b", ""),
            ("a,b\n\"x\"y\"z\",2\n", "\"x\"y\"z\"|2"),
            ("a,b\n\"\",2\n", "|2"),
            ("a,b\n1,\"2\n", "line 2: the quote that begins here is never closed"),
        ];
        for (text, expected) in table {
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }

    #[test]
    fn cells_of_prompts_are_those_that_promptfoo_reads() {
        let rows = |text: &str| match read_trimmed(&format!("prompt , label\n{text}"), ',') {
            Ok(table) => table.rows.iter().map(|row| row.cells.join("|")).collect::<Vec<_>>().join(" / "),
            Err(error) => error,
        };
        // Each line was run through promptfoo's reader.
        let table = [
            ("\"a b\",\"F\" ", "a b|F"),
            (" \"a, b\" , F \n", "a, b|F"),
            ("x\"y,2\n", "x\"y|2"),
            ("\"x\"y,2\n", "line 2: there is text after the quote that ends a cell"),
            ("\"x\" y,2\n", "line 2: there is text after the quote that ends a cell"),
            ("\n\nx,2\n", "x|2"),
            ("\"x\n", "line 2: the quote that begins here is never closed"),
            ("x\n", "line 2: there are 1 cells and 2 columns"),
            ("\" x \",2\n", " x |2"),
            ("  ,2\n   \nx,3\n", "|2 / x|3"),
            ("\"a \"\"q\"\" b\" ,2", "a \"q\" b|2"),
            ("\"\",2\nx,", "|2 / x|"),
        ];
        for (text, expected) in table {
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lines_are_counted_through_quoted_ones_and_empty_ones_skipped() {
        let table = read("a,b\n\"1\r\n2\",x\n\n3,y\n", ',').unwrap();
        assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5]);
        assert_eq!(read("a;b\n1;2\n", ';').unwrap().rows[0].cells, ["1", "2"]);
    }

    #[test]
    fn ten_thousand_rows_are_read() {
        let text = format!("question,__expected\n{}", "\"what, then?\",contains: that\n".repeat(10_000));
        let table = read(&text, ',').unwrap();
        assert_eq!((table.rows.len(), table.rows[9_999].line), (10_000, 10_001));
    }
}
