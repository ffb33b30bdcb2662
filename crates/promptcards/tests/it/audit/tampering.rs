//! Somebody who can write to the database alters the log past the server: the first line that is not what was written
//! is named, whatever they do.

use std::fmt::Write as _;

use domain::audit::{Action, Entry, Flaw, Record};
use domain::caller::Caller;
use engine::audit::{Anchor, Verified, verify_log};
use serde_json::json;
use testkit::Random;

use super::place::Place;

/// Lines of the log, of which every fortieth is the last before a checkpoint.
const LINES: i64 = 200;
const SEGMENT: i64 = 40;
/// So many alterations of a file, and of a server, where each takes longer.
const ALTERATIONS: [u64; 2] = [1_200, 120];

/// What an alteration does to each column of a line.
const FIELDS: [&str; 13] = [
    "at = at + 1",
    "actor_kind = 'anonymous'",
    "actor = '01890a5d-ac96-774b-bcce-b302099a8057'",
    "credential = 'forged'",
    "address = 'forged'",
    "action = 'card.archive'",
    "workspace_id = 'forged'",
    "object = 'card:forged'",
    "outcome = 'refused'",
    "request = 'forged'",
    "detail = '{\"forged\":true}'",
    "prev_hash = '0' || substr(hash, 2)",
    "hash = 'x' || substr(hash, 2)",
];

const COLUMNS: &str = "at, actor_kind, actor, credential, address, action, workspace_id, object, outcome, request, \
                       detail, prev_hash, hash";

/// Draws lines and what is done to them.
struct Dice(Random);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        i64::try_from(self.0.below(usize::try_from(most).unwrap())).unwrap()
    }

    /// A line.
    fn line(&mut self) -> i64 {
        self.below(LINES) + 1
    }
}

/// An alteration: its statements, the line that must be named and what must be said of it.
struct Alteration {
    name: &'static str,
    sql: String,
    seq: i64,
    flaw: Flaw,
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_altered_is_found_at_its_line() {
    let place = Place::start().await;
    fill(&place).await;
    let sealer = place.sealer.clone();
    let sound = verify_log(&place.store, Some(&sealer), None).await.unwrap();
    assert_eq!((sound.first, sound.last, sound.checkpoints, &sound.fault), (1, LINES, 5, &None));
    place.disarm();
    place.raw("CREATE TABLE kept_log AS SELECT * FROM audit_log");
    place.raw("CREATE TABLE kept_marks AS SELECT * FROM audit_checkpoints");
    let records = place.store.read(|conn| store::audit::after(conn, 0, LINES)).await.unwrap();
    let mut dice = Dice(Random::seeded(0x2545_f491_4f6c_dd1d));
    let mut seen = std::collections::BTreeMap::<&str, u32>::new();
    let alterations = ALTERATIONS[usize::from(place.database.is_on_server())];
    for number in 0..alterations {
        let Alteration { name, sql, seq, flaw } = draw(&mut dice, number, &records);
        place.raw(&sql);
        let found = verify_log(&place.store, Some(&sealer), None).await.unwrap();
        let fault = found.fault.unwrap_or_else(|| panic!("{name} at {seq} was not found: {sql}"));
        assert_eq!((fault.seq, fault.flaw), (seq, flaw), "{name}: {sql}");
        *seen.entry(name).or_default() += 1;
        place.raw(&format!(
            "DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM kept_log; DELETE FROM audit_checkpoints; \
             INSERT INTO audit_checkpoints SELECT * FROM kept_marks; UPDATE audit_head SET seq = {LINES}"
        ));
    }
    assert!(seen.len() == 11 && seen.values().all(|times| u64::from(*times) > alterations / 24), "{seen:?}");
    assert_eq!(verify_log(&place.store, Some(&sealer), None).await.unwrap(), sound);
    shortened_with_its_checkpoints(&place, &sound).await;
    place.stop().await;
}

/// A log that was shortened together with all that signs it is found by a line that was kept elsewhere.
async fn shortened_with_its_checkpoints(place: &Place, sound: &Verified) {
    place.raw("DELETE FROM audit_log WHERE seq > 90; DELETE FROM audit_checkpoints WHERE seq > 80");
    place.raw("UPDATE audit_head SET seq = 90");
    let verify = async |anchor| verify_log(&place.store, Some(&place.sealer), anchor).await.unwrap().fault;
    assert_eq!(verify(None).await, None, "nothing in the database tells of it");
    let anchor = Anchor { seq: sound.last, hash: sound.hash.clone() };
    let fault = verify(Some(anchor)).await.unwrap();
    assert_eq!((fault.seq, fault.flaw), (91, Flaw::Missing));
    let anchor = Anchor { seq: 7, hash: sound.hash.clone() };
    let fault = verify(Some(anchor)).await.unwrap();
    assert_eq!((fault.seq, fault.flaw), (7, Flaw::Rewritten));
}

fn draw(dice: &mut Dice, number: u64, records: &[Record]) -> Alteration {
    let seq = dice.line();
    let alteration = |name, sql, seq, flaw| Alteration { name, sql, seq, flaw };
    match number % 12 {
        // Twice as often: there are many fields.
        0 | 11 => {
            let field = FIELDS[usize::try_from(dice.below(13)).unwrap()];
            let flaw = if field.starts_with("prev_hash") { Flaw::Unlinked } else { Flaw::Altered };
            alteration("a field", format!("UPDATE audit_log SET {field} WHERE seq = {seq}"), seq, flaw)
        }
        1 => alteration("deleted", format!("DELETE FROM audit_log WHERE seq = {seq}"), seq, Flaw::Missing),
        2 => {
            let (first, second) =
                (seq.min(LINES - 1), seq.min(LINES - 1) + 1 + dice.below(LINES - seq.min(LINES - 1)));
            let sql = format!(
                "UPDATE audit_log SET seq = -1 WHERE seq = {first}; UPDATE audit_log SET seq = {first} WHERE seq = \
                 {second}; UPDATE audit_log SET seq = {second} WHERE seq = -1"
            );
            alteration("reordered", sql, first, Flaw::Unlinked)
        }
        3 => {
            let known = records[usize::try_from(seq - 1).unwrap()].hash.clone();
            let forged = Record { hash: known, ..forged(seq, records) };
            alteration("inserted", format!("{} {}", shift(seq), insert(&forged)), seq, Flaw::Altered)
        }
        4 => {
            let sql = format!("{} {}", shift(seq), insert(&forged(seq, records)));
            let signed = seq % SEGMENT == 0;
            let (seq, flaw) = if signed { (seq, Flaw::Rewritten) } else { (seq + 1, Flaw::Unlinked) };
            alteration("inserted with its hash", sql, seq, flaw)
        }
        5 => {
            let sql = format!("DELETE FROM audit_log WHERE seq > {seq}; UPDATE audit_head SET seq = {seq}");
            match seq {
                LINES => alteration(
                    "deleted",
                    format!("DELETE FROM audit_log WHERE seq = {seq}"),
                    seq,
                    Flaw::Missing,
                ),
                _ => alteration("shortened", sql, seq + 1, Flaw::Missing),
            }
        }
        6 => {
            let sql = format!("DELETE FROM audit_log WHERE seq >= {seq}");
            alteration("shortened and still counted", sql, seq, Flaw::Missing)
        }
        7 => {
            let sql = format!("DELETE FROM audit_log WHERE seq <= {seq}");
            alteration("without its beginning", sql, 1, Flaw::Missing)
        }
        8 => {
            let mark = (seq - 1) / SEGMENT * SEGMENT + SEGMENT;
            let field = ["hash = 'x' || substr(hash, 2)", "at = at + 1", "signature = signature || '00'"];
            let field = field[usize::try_from(dice.below(3)).unwrap()];
            let sql = format!("UPDATE audit_checkpoints SET {field} WHERE seq = {mark}");
            alteration("a checkpoint", sql, mark, Flaw::Forged)
        }
        9 => {
            let mark = (seq - 1) / SEGMENT * SEGMENT + SEGMENT;
            alteration("written anew from there on", rewritten(seq, records), mark, Flaw::Rewritten)
        }
        _ => {
            let mut more = forged(LINES + 1, records);
            more.prev_hash.clone_from(&records.last().unwrap().hash);
            more.hash = more.own_hash();
            alteration("one more", insert(&more), LINES + 1, Flaw::Uncounted)
        }
    }
}

/// A line in place of the one with this number, as whoever forges it would make it.
fn forged(seq: i64, records: &[Record]) -> Record {
    let place = usize::try_from(seq - 1).unwrap();
    let template = records.get(place).unwrap_or(&records[0]);
    let mut forged = Record { seq, object: "card:forged".to_owned(), ..template.clone() };
    forged.hash = forged.own_hash();
    forged
}

/// Makes room for one more line.
fn shift(seq: i64) -> String {
    format!(
        "UPDATE audit_log SET seq = -seq WHERE seq >= {seq}; UPDATE audit_log SET seq = 1 - seq WHERE seq < 0; \
         UPDATE audit_head SET seq = seq + 1;"
    )
}

/// The line is altered, and it and all after it get the hashes that belong to them.
fn rewritten(seq: i64, records: &[Record]) -> String {
    let mut sql = String::new();
    let mut prev_hash = records[usize::try_from(seq - 1).unwrap()].prev_hash.clone();
    for record in &records[usize::try_from(seq - 1).unwrap()..] {
        let mut new = Record { prev_hash, ..record.clone() };
        if new.seq == seq {
            "card:forged".clone_into(&mut new.object);
        }
        new.hash = new.own_hash();
        write!(
            sql,
            "UPDATE audit_log SET object = '{}', prev_hash = '{}', hash = '{}' WHERE seq = {};",
            new.object, new.prev_hash, new.hash, new.seq
        )
        .unwrap();
        prev_hash = new.hash;
    }
    sql
}

fn insert(record: &Record) -> String {
    let text = |text: &Option<String>| text.as_ref().map_or("NULL".to_owned(), |text| format!("'{text}'"));
    format!(
        "INSERT INTO audit_log (seq, {COLUMNS}) VALUES ({}, {}, '{}', {}, {}, {}, '{}', {}, '{}', '{}', {}, '{}', \
         '{}', '{}');",
        record.seq,
        record.at,
        record.actor_kind,
        text(&record.actor),
        text(&record.credential),
        text(&record.address),
        record.action,
        text(&record.workspace),
        record.object,
        record.outcome,
        text(&record.request),
        record.detail,
        record.prev_hash,
        record.hash,
    )
}

async fn fill(place: &Place) {
    let actions = [Action::CardCreate, Action::LabelMove, Action::RunStart, Action::MemberSet];
    for seq in 1..=LINES {
        let action = actions[usize::try_from(seq % 4).unwrap()];
        let address = (seq % 3 == 0).then(|| format!("{seq:032x}"));
        let entry = Entry::of(&Caller::machine(), address, action, 1_790_000_000_000 + seq)
            .on("card", seq)
            .with("slug", format!("card-{seq}"))
            .with("nested", json!({ "b": seq, "a": ["\u{1f980}", null] }));
        place.append(entry).await;
        if seq % SEGMENT == 0 {
            place.running.engine.keep_audit().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_refuses_to_change_or_delete_a_line() {
    let place = Place::start().await;
    fill(&place).await;
    for statement in [
        "UPDATE audit_log SET object = 'card:forged' WHERE seq = 7",
        "DELETE FROM audit_log WHERE seq = 7",
        "DELETE FROM audit_log",
        "UPDATE audit_checkpoints SET hash = 'forged'",
        "DELETE FROM audit_checkpoints",
    ] {
        let said = place.try_raw(statement).unwrap_err();
        assert!(said.contains("the audit log is never changed"), "{statement}: {said}");
    }
    let more = if place.database.is_on_server() {
        ["TRUNCATE audit_log", "TRUNCATE audit_checkpoints"]
    } else {
        [
            "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE seq = 7",
            "INSERT OR REPLACE INTO audit_checkpoints SELECT * FROM audit_checkpoints",
        ]
    };
    for statement in more {
        assert!(place.try_raw(statement).is_err(), "{statement}");
    }
    let found = verify_log(&place.store, Some(&place.sealer), None).await.unwrap();
    assert_eq!((found.last, found.fault), (LINES, None));
    place.stop().await;
}
