//! What goes in comes out.

use domain::ids::CardId;
use proptest::prelude::*;
use store::{Error, FromRow, InsertMany, Json, Result, Row, Sql, Store, ToValue};

const CREATE: Sql = Sql::new(
    "CREATE TABLE things (place INTEGER PRIMARY KEY, name TEXT, size REAL, open INTEGER, note TEXT) STRICT",
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

fn insert(store: &Store, things: Vec<Thing>) -> Result<u64> {
    block_on(store.write(move |conn| {
        conn.insert_many(&INSERT, &things, |thing| {
            [&thing.place, &thing.name, &thing.size, &thing.open, &thing.note]
        })
    }))
}

fn store() -> Store {
    let store = Store::open_in_place().unwrap();
    block_on(store.write(|conn| conn.execute(CREATE, &[]))).unwrap();
    store
}

/// In place the answer is there before anybody waits.
fn block_on<T>(answer: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(answer).unwrap()
}

fn things() -> impl Strategy<Value = Vec<Thing>> {
    let thing = (
        any::<String>(),
        any::<f64>().prop_filter("NULL in SQLite", |number| number.is_finite()),
        any::<Option<bool>>(),
        prop::collection::vec(any::<String>(), 0..3),
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn many_rows_come_back_as_they_went_in(things in things()) {
        let store = store();
        prop_assert_eq!(insert(&store, things.clone()), Ok(things.len() as u64));
        prop_assert_eq!(insert(&store, things.clone()), Ok(0), "each is there already");
        prop_assert_eq!(block_on(store.read(|conn| conn.query_all::<Thing>(ALL, &[]))), Ok(things));
    }
}

#[test]
fn parameters_bind_by_their_number_in_any_order() {
    const SWAPPED: Sql = Sql::new("SELECT $2 || '-' || $1 || '-' || $2");
    let text = block_on(store().read(|conn| conn.query_one::<String>(SWAPPED, &[&"one", &"two"])));
    assert_eq!(text.unwrap(), "two-one-two");
}

#[test]
fn parameters_that_do_not_fit_the_statement_are_refused() {
    const TWO: Sql = Sql::new("SELECT $1 || $2");
    const GAP: Sql = Sql::new("SELECT $1 || $3");
    const NAMED: Sql = Sql::new("SELECT $1::text");
    for (sql, params) in [(TWO, &["a"][..]), (TWO, &["a", "b", "c"]), (GAP, &["a", "b"]), (NAMED, &["a"])] {
        let params: Vec<String> = params.iter().map(|param| (*param).to_owned()).collect();
        let answer = block_on(store().read(move |conn| {
            let params: Vec<&dyn ToValue> = params.iter().map(|param| param as &dyn ToValue).collect();
            conn.query_one::<String>(sql, &params)
        }));
        assert!(matches!(answer, Err(Error::Statement { .. })), "{answer:?}");
    }
}

#[test]
fn a_list_is_one_parameter() {
    const CHOSEN: Sql = Sql::new("SELECT place FROM things WHERE place IN (SELECT value FROM json_each($1))");
    let store = store();
    for place in 0..5_i64 {
        block_on(store.write(move |conn| conn.execute(ONE, &[&place, &"name", &Json("")]))).unwrap();
    }
    let places = block_on(store.read(|conn| conn.query_all::<i64>(CHOSEN, &[&Json([3, 1, 9])])));
    assert_eq!(places.unwrap(), [1, 3]);
}

#[test]
fn an_id_is_its_text() {
    const ECHO: Sql = Sql::new("SELECT $1, $1");
    let id: CardId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let (back, text) =
        block_on(store().read(move |conn| conn.query_one::<(CardId, String)>(ECHO, &[&id]))).unwrap();
    assert_eq!((back, text.as_str()), (id, "01890a5d-ac96-774b-bcce-b302099a8057"));
}

#[test]
fn a_value_that_does_not_fit_is_named_with_its_place() {
    const NOTE: Sql = Sql::new("SELECT place, note FROM things WHERE place = $1");
    let store = store();
    block_on(store.write(|conn| conn.execute(ONE, &[&7, &"name", &"{oh"]))).unwrap();
    let answer = block_on(store.read(|conn| conn.query_one::<(i64, Json<Vec<String>>)>(NOTE, &[&7])));
    let Err(Error::Corrupt { table, column, row, .. }) = answer else { unreachable!("{answer:?}") };
    assert_eq!((table.as_str(), column.as_str(), row.as_str()), ("things", "note", "7"));
    let wrong = block_on(store.read(|conn| conn.query_one::<(i64, bool)>(NOTE, &[&7])));
    assert!(wrong.unwrap_err().to_string().contains("things.note, row 7"));
}

#[test]
fn numbers_that_the_database_cannot_hold_are_refused() {
    const ECHO: Sql = Sql::new("SELECT $1");
    let store = store();
    for wrong in [&f64::NAN as &(dyn ToValue + Sync), &f64::INFINITY, &u64::MAX] {
        let answer = block_on(store.read(move |conn| conn.query_one::<String>(ECHO, &[wrong])));
        assert!(matches!(answer, Err(Error::Parameter { .. })), "{answer:?}");
    }
    let large = block_on(store.read(|conn| conn.query_one::<u32>(ECHO, &[&(i64::from(u32::MAX) + 1)])));
    assert!(matches!(large, Err(Error::Corrupt { .. })), "{large:?}");
}

#[test]
fn one_row_is_one_row() {
    let store = store();
    let none = block_on(store.read(|conn| conn.query_one::<Thing>(ALL, &[])));
    assert_eq!(none, Err(Error::NoRow { statement: ALL.text() }));
    assert_eq!(block_on(store.read(|conn| conn.query_opt::<Thing>(ALL, &[]))), Ok(None));
    for place in 0..2_i64 {
        block_on(store.write(move |conn| conn.execute(ONE, &[&place, &"name", &Json("")]))).unwrap();
    }
    let several = block_on(store.read(|conn| {
        const PLACES: Sql = Sql::new("SELECT place FROM things");
        conn.query_opt::<i64>(PLACES, &[])
    }));
    assert!(matches!(several, Err(Error::ManyRows { .. })), "{several:?}");
}
