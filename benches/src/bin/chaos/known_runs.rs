//! The runs that were started, the results that were seen, and whether they are stored so.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;
use testkit::Event;

use crate::client::Client;
use crate::tally::{Tally, Wrong};

/// The runs of one provider.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownRuns {
    pub(crate) current: Option<KnownRun>,
    /// Those that have ended, the last one last.
    pub(crate) ended: Vec<KnownRun>,
    /// Those of which it was acknowledged that they are gone.
    pub(crate) removed: Vec<String>,
}

/// A run, as it was seen.
#[derive(Debug, Clone)]
pub(crate) struct KnownRun {
    pub(crate) id: String,
    pub(crate) cells: i64,
    /// Results by the number of their cells.
    pub(crate) seen: HashMap<i64, Arc<Value>>,
    /// The cells of which an event told.
    pub(crate) told: HashSet<i64>,
    pub(crate) last_event: i64,
    /// Events were missed, and the reader was told so.
    pub(crate) has_gap: bool,
    pub(crate) is_cancelled: bool,
    /// It has ended: nothing of it changes any more.
    pub(crate) is_over: bool,
}

impl KnownRun {
    pub(crate) fn new(run: &Value) -> Self {
        Self {
            id: run["id"].as_str().unwrap_or_default().to_owned(),
            cells: run["cell_count"].as_i64().unwrap_or_default(),
            seen: HashMap::new(),
            told: HashSet::new(),
            last_event: 0,
            has_gap: false,
            is_cancelled: false,
            is_over: false,
        }
    }

    /// Takes an event into account.
    pub(crate) fn hear(&mut self, event: &Event, tally: &Tally) {
        // What has no number of its own is told anew whenever it changes.
        if event.name == "provider_waits" {
            return;
        }
        let number = event.id.unwrap_or(self.last_event);
        if event.name == "resync" {
            (self.has_gap, self.last_event) = (true, number);
            return;
        }
        if number <= self.last_event {
            let what = format!("run {}: event {number} came after event {}", self.id, self.last_event);
            tally.wrong(Wrong::Duplicate, &what);
        }
        self.last_event = number;
        if event.name == "cell_finished" {
            let cell = &event.data["cell"];
            if !self.told.insert(position(cell)) {
                tally.wrong(Wrong::Duplicate, &format!("run {}: a cell finished twice: {cell}", self.id));
            }
            self.see(cell, tally);
        }
    }

    /// Takes a list of cells into account.
    pub(crate) fn read(&mut self, cells: &[Value], tally: &Tally) {
        cells.iter().filter(|cell| cell["state"] == "finished").for_each(|cell| self.see(cell, tally));
    }

    fn see(&mut self, cell: &Value, tally: &Tally) {
        if let Some(before) = self.seen.get(&position(cell)) {
            if **before != *cell {
                tally.wrong(Wrong::Loss, &format!("run {}: a result was {before} and is {cell}", self.id));
            }
            return;
        }
        tally.seen.add(1);
        if let Some(what) = impossible(cell) {
            tally.wrong(Wrong::State, &format!("run {}: {what}: {cell}", self.id));
        }
        self.seen.insert(position(cell), Arc::new(cell.clone()));
    }

    /// What is to be asked again may change from now on.
    pub(crate) fn forget_errors(&mut self) {
        self.seen.retain(|_, cell| cell["verdict"] != "error");
        let seen = &self.seen;
        self.told.retain(|position| seen.contains_key(position));
    }

    /// Compares it with what the server has, and returns the cells that it has.
    pub(crate) async fn compare(&self, client: &Client, tally: &Tally) -> Vec<Value> {
        let path = format!("W/runs/{}", self.id);
        let answer = client.get(&path).await;
        if answer.status != 200 {
            tally.wrong(Wrong::Loss, &format!("run {} is gone: {}", self.id, answer.body));
            return Vec::new();
        }
        let run = answer.body;
        let cells = list(client, &path).await;
        let wrong = |wrong, what: String| tally.wrong(wrong, &format!("run {}: {what}", self.id));
        let numbers: Vec<i64> = cells.iter().map(position).collect();
        if numbers != (0..self.cells).collect::<Vec<_>>() {
            let kind = if numbers.iter().collect::<HashSet<_>>().len() < numbers.len() {
                Wrong::Duplicate
            } else {
                Wrong::Loss
            };
            wrong(kind, format!("it has {} cells, not each of {} once", cells.len(), self.cells));
        }
        let stored: HashMap<i64, &Value> = cells.iter().map(|cell| (position(cell), cell)).collect();
        for (position, seen) in &self.seen {
            if stored.get(position).is_none_or(|cell| **cell != **seen) {
                wrong(Wrong::Loss, format!("{seen} was seen, {:?} is stored", stored.get(position)));
            }
        }
        let state = run["state"].as_str().unwrap_or_default();
        let legal: &[&str] = match (self.is_over, self.is_cancelled) {
            (true, true) => &["cancelled"],
            (true, false) => &["finished"],
            (false, _) => &["queued", "running", "paused", "finished", "cancelled"],
        };
        if !legal.contains(&state) {
            wrong(Wrong::State, format!("it is {state}"));
        }
        if self.is_over {
            self.compare_end(&run, &cells, &wrong);
        }
        cells
    }

    /// What holds of a run that has ended.
    fn compare_end(&self, run: &Value, cells: &[Value], wrong: &impl Fn(Wrong, String)) {
        let count = |is: &dyn Fn(&Value) -> bool| cells.iter().filter(|cell| is(cell)).count();
        for verdict in ["pass", "fail", "error", "invalid"] {
            let has = count(&|cell| cell["verdict"] == verdict);
            if run["counts"][verdict] != has {
                wrong(Wrong::State, format!("{has} cells are {verdict}, it counts {}", run["counts"]));
            }
        }
        let finished = count(&|cell| cell["state"] == "finished");
        let cancelled = count(&|cell| cell["state"] == "cancelled");
        let is_whole = finished + cancelled == cells.len() && (self.is_cancelled || cancelled == 0);
        if !is_whole || run["counts"]["open"] != 0 || run["counts"]["cancelled"] != cancelled {
            let counts = &run["counts"];
            wrong(Wrong::State, format!("{finished} cells are finished, {cancelled} cancelled: {counts}"));
        }
        if finished != self.seen.len() {
            wrong(Wrong::State, format!("{finished} cells are finished, {} were", self.seen.len()));
        }
    }
}

/// All cells of a run, in the order of the pages.
pub(crate) async fn list(client: &Client, path: &str) -> Vec<Value> {
    let mut cells = Vec::new();
    let first = format!("{path}/cells?limit=200");
    let mut path = first.clone();
    loop {
        let page = client.get(&path).await.body;
        cells.extend(page["items"].as_array().into_iter().flatten().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{first}&cursor={cursor}"),
            None => return cells,
        }
    }
}

fn position(cell: &Value) -> i64 {
    cell["position"].as_i64().unwrap_or(-1)
}

/// Why a finished cell cannot be so: the model says its prompt back, or nothing whole.
fn impossible(cell: &Value) -> Option<&'static str> {
    let word = crate::runner::word(cell["case_position"].as_i64().unwrap_or(-1));
    if cell["state"] != "finished" {
        return Some("it is not finished");
    }
    if cell["latency_ms"].as_i64().is_some_and(i64::is_negative) {
        return Some("it took less than no time");
    }
    match cell["verdict"].as_str() {
        Some("pass") if cell["preview"] == word => None,
        Some("pass") => Some("the model never said that"),
        Some("error") => None,
        _ => Some("no answer of this model has that verdict"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(number: i64, verdict: &str, said: &str) -> Event {
        let cell = json!({
            "position": 3, "case_position": 3, "state": "finished", "verdict": verdict, "preview": said,
        });
        Event { id: Some(number), name: "cell_finished".to_owned(), data: json!({ "cell": cell }) }
    }

    fn found(events: &[Event]) -> [usize; 3] {
        let tally = Tally::default();
        let mut run = KnownRun::new(&json!({ "id": "a", "cell_count": 10 }));
        for event in events {
            run.hear(event, &tally);
        }
        [Wrong::Loss, Wrong::Duplicate, Wrong::State].map(|wrong| tally.found(wrong))
    }

    #[test]
    fn what_cannot_be_is_found() {
        let word = crate::runner::word(3);
        assert_eq!(found(&[told(1, "pass", &word)]), [0, 0, 0]);
        assert_eq!(found(&[told(1, "error", "half of it")]), [0, 0, 0]);
        assert_eq!(found(&[told(1, "pass", "what another model said")]), [0, 0, 1]);
        assert_eq!(found(&[told(1, "fail", &word)]), [0, 0, 1]);
        // The same event, and the same cell, a second time.
        assert_eq!(found(&[told(1, "pass", &word), told(1, "pass", &word)]), [0, 2, 0]);
        // Another result of a cell that has one.
        assert_eq!(found(&[told(1, "error", ""), told(2, "pass", &word)]), [1, 1, 0]);
    }

    #[test]
    fn an_error_that_is_retried_may_become_another_result() {
        let (tally, word) = (Tally::default(), crate::runner::word(3));
        let mut run = KnownRun::new(&json!({ "id": "a", "cell_count": 10 }));
        run.hear(&told(1, "error", ""), &tally);
        run.forget_errors();
        run.hear(&told(2, "pass", &word), &tally);
        assert!(tally.is_clean());
    }
}
