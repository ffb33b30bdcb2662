//! Imports of many cards: in short steps, seen at once or not at all, and completed by the same import once more.

use std::pin::pin;
use std::time::Duration;

use serde_json::{Value, json};
use store::Sql;
use testkit::TestDatabase;
use tokio::task::yield_now;
use tokio::time::Instant;

use crate::raw::Answer;
use crate::running::Running;

/// A file of so many cards, each with so many cases. Every second card includes the one before it.
fn file(cards: usize, cases: usize) -> String {
    written(cards, cases, |_| 2, "case")
}

/// The same cards one version further, with other cases, and some more cards.
fn changed(cards: usize, cases: usize) -> String {
    written(cards + 20, cases + 3, |card| if card < cards { 3 } else { 1 }, "other case")
}

fn written(cards: usize, cases: usize, versions: impl Fn(usize) -> i64, case: &str) -> String {
    let card = |card: usize| {
        let tag = match card % 2 {
            0 => String::new(),
            _ => format!("{{% include \"card:card-{}@live\" %}} ", card - 1),
        };
        let versions: Vec<Value> = (1..=versions(card))
            .map(|version| {
                let text = format!("{tag}Version {version}: what is {{{{ word }}}}?");
                let content = json!({ "kind": "text", "messages": [{ "user": text }] });
                json!({ "version": version, "message": "Why.", "content": content })
            })
            .collect();
        json!({
            "slug": format!("card-{card}"), "title": format!("Card {card}"), "suite": format!("suite-{card}"),
            "tags": ["many"], "labels": { "live": versions.len() }, "versions": versions,
        })
    };
    let suite = |suite: usize| {
        let case = |number: usize| {
            let assertions = json!([{ "type": "contains", "value": "x".repeat(50) }]);
            json!({ "variables": { "word": format!("{case} {number} of {suite}") }, "assertions": assertions })
        };
        let cases: Vec<Value> = (0..cases).map(case).collect();
        json!({ "key": format!("suite-{suite}"), "name": "Suite", "cases": cases })
    };
    let cards_and_suites: (Vec<Value>, Vec<Value>) =
        (0..cards).map(|index| (card(index), suite(index))).unzip();
    json!({ "promptcards": 1, "cards": cards_and_suites.0, "suites": cards_and_suites.1 }).to_string()
}

impl Running {
    /// How many workspaces, suites, cases and search entries there are, seen or not.
    async fn rows(&self) -> Vec<i64> {
        const ROWS: [Sql; 4] = [
            Sql::new("SELECT COUNT(*) FROM workspaces"),
            Sql::new("SELECT COUNT(*) FROM suites"),
            Sql::new("SELECT COUNT(*) FROM test_cases WHERE deleted_at IS NULL"),
            Sql::new("SELECT COUNT(*) FROM card_words"),
        ];
        let rows = self.store.read(|conn| ROWS.into_iter().map(|rows| conn.query_one(rows, &[])).collect());
        rows.await.unwrap()
    }

    /// Imports, and takes the store away when the import has begun to write and so many writes of others were done
    /// since.
    async fn cut(&self, file: &str, replace: bool, writes: usize) -> Answer {
        let files = [file];
        let mut import = pin!(self.import(&files, replace));
        let cutting = async {
            while self.rows().await[0] == 1 {
                yield_now().await;
            }
            for _ in 0..writes {
                self.store.write(|_| Ok(())).await.unwrap();
            }
            self.store.close(Duration::from_mins(1)).await.unwrap();
        };
        tokio::select! {
            answer = &mut import => return answer,
            () = cutting => {}
        }
        import.await
    }
}

/// What a server exports that did all of these imports whole.
async fn exported_after(files: &[&str]) -> String {
    let server = Running::start().await;
    for file in files {
        server.imported(file, true).await;
    }
    server.export("").await
}

#[tokio::test(flavor = "multi_thread")]
async fn others_write_while_much_is_imported() {
    let server = Running::start().await;
    let file = file(100, 60);
    let began = Instant::now();
    let files = [file.as_str()];
    let mut import = pin!(server.import(&files, false));
    let (mut longest, mut writes) = (Duration::ZERO, 0);
    let answer = loop {
        let asked = Instant::now();
        let mut write = pin!(server.store.write(|_| Ok(())));
        tokio::select! {
            answer = &mut import => break answer,
            written = &mut write => written.unwrap(),
        }
        longest = longest.max(asked.elapsed());
        writes += 1;
    };
    assert_eq!(answer.status, 201, "{}", answer.text());
    let took = began.elapsed();
    assert!(writes > 20 && longest * 5 < took, "{writes} writes, one took {longest:?} of {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_cut_short_leaves_nothing_behind() {
    // Enough steps that some are cut however busy the machine is.
    let file = file(150, 20);
    let wanted = exported_after(&[&file]).await;
    let (mut writes, mut cut) = (0, 0);
    loop {
        let server = Running::start().await;
        server.draft("mine", "Mine.").await;
        let before = server.rows().await;
        let answer = server.cut(&file, false, writes).await;
        let server = server.restart().await;
        if answer.status == 201 {
            assert_eq!(server.read("/cards/facets").await["total"], 151);
            break;
        }
        assert_eq!(answer.code(), "shutting_down");
        assert_eq!(server.rows().await, before, "after {writes} writes");
        server.imported(&file, false).await;
        let slugs: Vec<String> = (0..150).map(|card| format!("card-{card}")).collect();
        assert_eq!(server.export(&format!("?cards={}", slugs.join(","))).await, wanted);
        (writes, cut) = (2 * writes + 1, cut + 1);
    }
    assert!(cut >= 2, "it was cut {cut} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn replacing_that_is_cut_short_is_completed_by_the_same_import() {
    let (first, second) = (file(40, 10), changed(40, 10));
    let wanted = exported_after(&[&first, &second]).await;
    let (mut writes, mut halves) = (0, 0);
    loop {
        let server = Running::start().await;
        server.imported(&first, true).await;
        let before = server.export("").await;
        let answer = server.cut(&second, true, writes).await;
        let server = server.restart().await;
        let now = server.export("").await;
        if answer.status == 201 {
            assert_eq!(now, wanted);
            break;
        }
        assert_eq!(answer.code(), "shutting_down");
        halves += usize::from(now != before && now != wanted);
        server.imported(&second, true).await;
        assert_eq!(server.export("").await, wanted, "after {writes} writes");
        let again = server.imported(&second, true).await;
        assert!(again["cards"].as_array().unwrap().iter().all(|card| card["change"] == "unchanged"));
        assert_eq!(server.rows().await, [1, 60, 60 * 13, 60]);
        writes = 2 * writes + 1;
    }
    assert!(halves > 0, "it was never cut in the middle");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_imports_at_once_are_one() {
    let (first, second) = (file(20, 5), changed(20, 5));
    let wanted = exported_after(&[&first, &second]).await;
    let server = Running::start().await;
    let rows = server.rows().await;
    let files = [first.as_str()];
    let imports = (0..4).map(|_| async { server.import(&files, false).await.status });
    let mut statuses = futures_util::future::join_all(imports).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
    assert_eq!(server.rows().await, [rows[0], 20, 100, 20]);
    let imports = (0..4).map(|_| server.imported(&second, true));
    let imported = futures_util::future::join_all(imports).await;
    let changed = imported.iter().filter(|imported| imported["cards"][0]["change"] == "changed");
    assert_eq!(changed.count(), 1);
    assert_eq!(server.export("").await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_imports_of_two_instances_are_one() {
    let database = TestDatabase::new();
    if !database.is_on_server() {
        testkit::not_run("imports of two instances", "TEST_POSTGRES_URL is not set");
        return;
    }
    let (first, second) = (file(20, 5), changed(20, 5));
    let wanted = exported_after(&[&first, &second]).await;
    let one = Running::on(database, 4, 0).await;
    let other = one.beside().await;
    let files = [first.as_str()];
    let (here, there) = tokio::join!(one.import(&files, false), other.import(&files, false));
    let mut statuses = [here.status, there.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", here.text(), there.text());
    tokio::join!(one.imported(&second, true), other.imported(&second, true));
    assert_eq!(one.export("").await, wanted);
    assert_eq!(one.rows().await, [1, 40, 40 * 8, 40]);
}
