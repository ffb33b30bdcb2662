//! A query on a connection that is kept, beside one that is opened for it.

use anyhow::Result;
use rusqlite::{Connection, OpenFlags};
use tokio::time::Instant;

use crate::cards;
use crate::figures::{Row, float, median, spread};
use crate::process::Product;

const CARDS: usize = 1_000;
const QUERIES: usize = 2_000;
const ROUNDS: usize = 5;
const QUERY: &str = "SELECT id, title, description, folder, updated_at FROM cards WHERE slug = ?1 \
                     AND workspace_id = (SELECT id FROM workspaces WHERE slug = 'default')";

pub(crate) async fn rows() -> Result<Vec<Row>> {
    let product = Product::start()?;
    cards::fill(product.process.address, CARDS).await?;
    let path = product.folder.path().join("promptcards.db");
    let open = || -> Result<Connection> {
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.execute_batch("PRAGMA query_only = 1; PRAGMA busy_timeout = 5000;")?;
        Ok(connection)
    };
    let ask = |connection: &Connection, number: usize| -> Result<String> {
        let mut statement = connection.prepare_cached(QUERY)?;
        Ok(statement.query_row([cards::slug(number % CARDS)], |row| row.get(0))?)
    };
    let kept = open()?;
    let (mut of_kept, mut of_opened) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for number in 0..QUERIES {
            ask(&kept, number)?;
        }
        of_kept.push(begun.elapsed().as_secs_f64() * 1_000_000.0 / float(QUERIES));
        let begun = Instant::now();
        for number in 0..QUERIES {
            ask(&open()?, number)?;
        }
        of_opened.push(begun.elapsed().as_secs_f64() * 1_000_000.0 / float(QUERIES));
    }
    let ratio = crate::beside::ratios(&of_opened, &of_kept);
    Ok(vec![Row::plain(
        "a connection for each query beside a kept one",
        format!("{} ×; {:.0} µs beside {:.1} µs", spread(&ratio, 0), median(&of_opened), median(&of_kept)),
    )])
}
