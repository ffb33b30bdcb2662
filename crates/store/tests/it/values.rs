//! What goes in comes out, on either database.

use domain::ids::CardId;
use proptest::prelude::*;
use store::{Conn, Error, FromRow, InsertMany, Json, Result, Row, Sql, Store, ToValue};
use testkit::TestDatabase;
use tokio::runtime::Runtime;

const ON_FILE: Sql = Sql::new(
    "CREATE TABLE things (place INTEGER PRIMARY KEY, name TEXT, size REAL, open INTEGER, note TEXT) STRICT",
);
const ON_SERVER: Sql = Sql::new(
    "CREATE TABLE things \
     (place BIGINT PRIMARY KEY, name TEXT, size DOUBLE PRECISION, open BIGINT, note TEXT)",
);
const INSERT: InsertMany<5> =
    InsertMany::new("INSERT INTO things (place, name, size, open, note)", "ON CONFLICT DO NOTHING");
const ALL: Sql = Sql::new("SELECT place, name, size, open, note FROM things ORDER BY place");
const ONE: Sql = Sql::new("INSERT INTO things (place, name, note) VALUES ($1, $2, $3)");

#[derive(Debug, Clone, PartialEq)]
struct Thing {
    place: i64,
    name: String,
    size: f64,
    open: Option<bool>,
    note: Json<Vec<String>>,
}

impl FromRow for Thing {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            place: row.get(0)?,
            name: row.get("name")?,
            size: row.get(2)?,
            open: row.get("open")?,
            note: row.get(4)?,
        })
    }
}

/// A store with the table, and somebody who waits for its answers.
struct Things {
    store: Store,
    runtime: Runtime,
    database: TestDatabase,
}

impl Things {
    fn new() -> Self {
        let database = TestDatabase::new();
        let create = if database.is_on_server() { ON_SERVER } else { ON_FILE };
        let store = Store::open(database.settings()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let things = Self { store, runtime, database };
        things.write(move |conn| conn.execute(create, &[])).unwrap();
        things
    }

    fn read<T: Send + 'static>(&self, work: impl Fn(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        self.runtime.block_on(self.store.read(work))
    }

    fn write<T: Send + 'static>(&self, work: impl Fn(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        self.runtime.block_on(self.store.write(work))
    }

    fn insert(&self, things: Vec<Thing>) -> Result<u64> {
        self.write(move |conn| {
            conn.insert_many(&INSERT, &things, |thing| {
                [&thing.place, &thing.name, &thing.size, &thing.open, &thing.note]
            })
        })
    }
}

fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.replace('\0', "-"))
}

fn things() -> impl Strategy<Value = Vec<Thing>> {
    let thing = (
        text(),
        any::<f64>().prop_filter("NULL in SQLite", |number| number.is_finite()),
        any::<Option<bool>>(),
        prop::collection::vec(text(), 0..3),
    );
    prop::collection::vec(thing, 0..60).prop_map(|things| {
        things
            .into_iter()
            .enumerate()
            .map(|(place, (name, size, open, note))| Thing {
                place: i64::MAX - i64::try_from(place).unwrap(),
                name,
                size,
                open,
                note: Json(note),
            })
            .rev()
            .collect()
    })
}

#[test]
fn many_rows_come_back_as_they_went_in() {
    const FORGET: Sql = Sql::new("DELETE FROM things");
    let store = Things::new();
    proptest!(ProptestConfig::with_cases(64), |(things in things())| {
        store.write(|conn| conn.execute(FORGET, &[])).unwrap();
        prop_assert_eq!(store.insert(things.clone()), Ok(things.len() as u64));
        prop_assert_eq!(store.insert(things.clone()), Ok(0), "each is there already");
        prop_assert_eq!(store.read(|conn| conn.query_all::<Thing>(ALL, &[])), Ok(things));
    });
}

#[test]
fn parameters_bind_by_their_number_in_any_order() {
    const SWAPPED: Sql = Sql::new("SELECT $2 || '-' || $1 || '-' || $2");
    let text = Things::new().read(|conn| conn.query_one::<String>(SWAPPED, &[&"one", &"two"]));
    assert_eq!(text.unwrap(), "two-one-two");
}

#[test]
fn parameters_that_do_not_fit_the_statement_are_refused() {
    const TWO: Sql = Sql::new("SELECT $1 || $2");
    const GAP: Sql = Sql::new("SELECT $1 || $3");
    // A file takes `$1::text` for a name. A server knows what is meant, and no statement of ours says it so.
    const NAMED: Sql = Sql::new("SELECT $1::text");
    let store = Things::new();
    let mut wrong = vec![(TWO, &["a"][..]), (TWO, &["a", "b", "c"]), (GAP, &["a", "b"])];
    wrong.extend((!store.database.is_on_server()).then_some((NAMED, &["a"][..])));
    for (sql, params) in wrong {
        let params: Vec<String> = params.iter().map(|param| (*param).to_owned()).collect();
        let answer = store.read(move |conn| {
            let params: Vec<&dyn ToValue> = params.iter().map(|param| param as &dyn ToValue).collect();
            conn.query_one::<String>(sql, &params)
        });
        assert!(matches!(answer, Err(Error::Statement { .. })), "{answer:?}");
    }
}

#[test]
fn a_list_is_one_parameter() {
    const OF_FILE: Sql =
        Sql::new("SELECT place FROM things WHERE place IN (SELECT value FROM json_each($1))");
    const OF_SERVER: Sql = Sql::new(
        "SELECT place FROM things WHERE place IN (SELECT CAST(value AS BIGINT) \
         FROM json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON)))",
    );
    let store = Things::new();
    let chosen = if store.database.is_on_server() { OF_SERVER } else { OF_FILE };
    for place in 0..5_i64 {
        store.write(move |conn| conn.execute(ONE, &[&place, &"name", &Json("")])).unwrap();
    }
    let places = store.read(move |conn| conn.query_all::<i64>(chosen, &[&Json([3, 1, 9])]));
    assert_eq!(places.unwrap(), [1, 3]);
}

#[test]
fn an_id_is_its_text() {
    const ECHO: Sql = Sql::new("SELECT CAST($1 AS TEXT), CAST($1 AS TEXT)");
    let id: CardId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let (back, text) =
        Things::new().read(move |conn| conn.query_one::<(CardId, String)>(ECHO, &[&id])).unwrap();
    assert_eq!((back, text.as_str()), (id, "01890a5d-ac96-774b-bcce-b302099a8057"));
}

#[test]
fn a_value_that_does_not_fit_is_named_with_its_place() {
    const NOTE: Sql = Sql::new("SELECT place, note FROM things WHERE place = $1");
    let store = Things::new();
    store.write(|conn| conn.execute(ONE, &[&7, &"name", &"{oh"])).unwrap();
    let answer = store.read(|conn| conn.query_one::<(i64, Json<Vec<String>>)>(NOTE, &[&7]));
    let Err(Error::Corrupt { table, column, row, .. }) = answer else { unreachable!("{answer:?}") };
    assert_eq!((table.as_str(), column.as_str(), row.as_str()), ("things", "note", "7"));
    let wrong = store.read(|conn| conn.query_one::<(i64, bool)>(NOTE, &[&7]));
    assert!(wrong.unwrap_err().to_string().contains("things.note, row 7"));
}

#[test]
fn values_that_the_database_cannot_hold_are_refused() {
    const ECHO: Sql = Sql::new("SELECT CAST($1 AS BIGINT)");
    let store = Things::new();
    for wrong in [&f64::NAN as &(dyn ToValue + Sync), &f64::INFINITY, &u64::MAX, &"nul\0"] {
        let answer = store.read(move |conn| conn.query_one::<String>(ECHO, &[wrong]));
        assert!(matches!(answer, Err(Error::Parameter { .. })), "{answer:?}");
    }
    let large = store.read(|conn| conn.query_one::<u32>(ECHO, &[&(i64::from(u32::MAX) + 1)]));
    assert!(matches!(large, Err(Error::Corrupt { .. })), "{large:?}");
}

#[test]
fn one_row_is_one_row() {
    let store = Things::new();
    let none = store.read(|conn| conn.query_one::<Thing>(ALL, &[]));
    assert_eq!(none, Err(Error::NoRow { statement: ALL.text() }));
    assert_eq!(store.read(|conn| conn.query_opt::<Thing>(ALL, &[])), Ok(None));
    for place in 0..2_i64 {
        store.write(move |conn| conn.execute(ONE, &[&place, &"name", &Json("")])).unwrap();
    }
    let several = store.read(|conn| {
        const PLACES: Sql = Sql::new("SELECT place FROM things");
        conn.query_opt::<i64>(PLACES, &[])
    });
    assert!(matches!(several, Err(Error::ManyRows { .. })), "{several:?}");
}
