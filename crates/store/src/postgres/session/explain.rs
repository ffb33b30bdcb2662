//! How the server runs a statement.

use serde_json::Value as Node;
use tokio_postgres::SimpleQueryMessage;

use super::Session;
use crate::plans::Plan;
use crate::{Error, Result, Sql, ToValue, Value};

/// Executions after which the server keeps one plan for all values, where that looks as good.
const RUNS_BEFORE_ONE_PLAN: usize = 5;

/// Tables that stay small, and may be read as a whole.
const SMALL: [&str; 4] = ["counters", "models", "providers", "workspaces"];

impl Session {
    /// The worse of the plan for these values and the plan that the server settles on, and what it reads. The
    /// statement is run and taken back.
    pub(crate) fn explain(&mut self, sql: Sql, params: &[&dyn ToValue]) -> Result<Plan> {
        let values = params.iter().map(|value| literal(*value)).collect::<Result<Vec<_>>>()?.join(", ");
        let execute = if params.is_empty() {
            "EXECUTE explained".to_owned()
        } else {
            format!("EXECUTE explained ({values})")
        };
        self.ask(sql, &format!("PREPARE explained AS {}", sql.text()))?;
        let first = self.measure(sql, &execute)?;
        for _ in 0..RUNS_BEFORE_ONE_PLAN {
            self.ask(sql, &format!("EXPLAIN {execute}"))?;
        }
        let settled = self.measure(sql, &execute)?;
        self.ask(sql, "DEALLOCATE explained")?;
        let settled_is_worse = (settled.scans.len(), settled.rows) > (first.scans.len(), first.rows);
        Ok(if settled_is_worse { settled } else { first })
    }

    fn measure(&mut self, sql: Sql, execute: &str) -> Result<Plan> {
        self.ask(sql, "SAVEPOINT explained")?;
        let answer = self.ask(sql, &format!("EXPLAIN (ANALYZE, FORMAT JSON) {execute}"))?;
        self.ask(sql, "ROLLBACK TO explained")?;
        self.ask(sql, "RELEASE explained")?;
        let unreadable = |reason: String| Error::Statement { statement: sql.text(), reason };
        let found: Node = serde_json::from_str(&answer).map_err(|error| unreadable(error.to_string()))?;
        let mut plan = Plan { statement: sql.text(), steps: Vec::new(), scans: Vec::new(), rows: 0 };
        visit(&found[0]["Plan"], &mut plan);
        Ok(plan)
    }

    /// The first column of the answer, as one text.
    fn ask(&mut self, sql: Sql, text: &str) -> Result<String> {
        let answer = self.run(sql, async |client| client.simple_query(text).await)?;
        let lines = answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }
}

fn literal(value: &dyn ToValue) -> Result<String> {
    Ok(match value.to_value()? {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
    })
}

/// Counts what a part of a plan read, and what is below it.
fn visit(node: &Node, plan: &mut Plan) {
    let number = |field: &str| node[field].as_f64().unwrap_or(0.0);
    let kind = node["Node Type"].as_str().unwrap_or_default();
    if let Some(table) = node["Relation Name"].as_str()
        && kind.ends_with("Scan")
    {
        let each = number("Actual Rows")
            + number("Rows Removed by Filter")
            + number("Rows Removed by Index Recheck");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows")]
        let rows = (each * number("Actual Loops")) as u64;
        let by = node["Index Name"].as_str().map_or_else(String::new, |index| format!(" by {index}"));
        let condition = node["Index Cond"].as_str().unwrap_or_default();
        let step = format!("{kind} of {table}{by}, {rows} rows {condition}");
        plan.rows += rows;
        if kind == "Seq Scan" && !SMALL.contains(&table) && number("Actual Loops") > 0.0 {
            plan.scans.push(step.clone());
        }
        plan.steps.push(step);
    }
    for below in node["Plans"].as_array().into_iter().flatten() {
        visit(below, plan);
    }
}
