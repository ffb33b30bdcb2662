//! How the file runs a statement.

use rusqlite::StatementStatus;

use super::{Session, bind_by_name};
use crate::plans::Plan;
use crate::{Error, Result, Sql, ToValue};

/// Steps of the virtual machine that reading a row takes, at most.
const STEPS_OF_A_ROW: u64 = 25;

impl Session {
    /// The plan of a statement, and what it reads with these values. It is run and taken back.
    pub(crate) fn explain(&self, sql: Sql, params: &[&dyn ToValue]) -> Result<Plan> {
        let wrong = |error: &rusqlite::Error| Error::of_statement(error, sql);
        let mut steps = Vec::new();
        let mut explain = self.prepare(sql, &format!("EXPLAIN QUERY PLAN {}", sql.text()))?;
        bind_by_name(&mut explain, sql, params)?;
        let mut rows = explain.raw_query();
        while let Some(row) = rows.next().map_err(|error| wrong(&error))? {
            steps.push(row.get::<_, String>("detail").map_err(|error| wrong(&error))?);
        }
        self.control("SAVEPOINT explained")?;
        let mut statement = self.prepare(sql, sql.text())?;
        statement.reset_status(StatementStatus::VmStep);
        bind_by_name(&mut statement, sql, params)?;
        let mut rows = statement.raw_query();
        while rows.next().map_err(|error| wrong(&error))?.is_some() {}
        drop(rows);
        let worked = u64::try_from(statement.get_status(StatementStatus::VmStep)).unwrap_or(0);
        drop(statement);
        self.control("ROLLBACK TO explained")?;
        self.control("RELEASE explained")?;
        Ok(Plan { statement: sql.text(), scans: scans(&steps), steps, rows: worked / STEPS_OF_A_ROW })
    }
}

/// The steps that read a whole table. What a step before made is none, and neither is an index of full-text search.
fn scans(steps: &[String]) -> Vec<String> {
    let second = |step: &str| step.split(' ').nth(1).unwrap_or_default().to_owned();
    let made: Vec<String> = steps
        .iter()
        .filter(|step| step.starts_with("CO-ROUTINE ") || step.starts_with("MATERIALIZE "))
        .map(|step| second(step))
        .collect();
    let whole = steps.iter().filter(|step| {
        step.starts_with("SCAN ") && *step != "SCAN CONSTANT ROW" && !step.contains("VIRTUAL TABLE INDEX")
    });
    whole.filter(|step| !made.contains(&second(step))).cloned().collect()
}
