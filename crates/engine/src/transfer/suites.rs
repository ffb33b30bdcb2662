//! Suites of an import: made, or brought to what the file says.

use std::collections::BTreeMap;

use domain::ids::{SuiteId, WorkspaceId};
use domain::test_case::CaseContent;
use serde_json::Value;
use store::Conn;
use store::test_cases::{Arranged, CaseRow};

use super::Change;
use super::import::IncomingSuite;
use crate::error::Result;

/// Makes a suite.
pub(super) fn create(conn: &mut Conn, workspace: WorkspaceId, suite: &IncomingSuite, at: i64) -> Result<()> {
    store::suites::insert(conn, suite.id, workspace, &suite.name, at)?;
    if !suite.cases.is_empty() {
        store::test_cases::append(conn, suite.id, &suite.cases, at)?;
    }
    Ok(())
}

/// Brings a suite to what the file says. A case that stays keeps its identity, by which runs are compared, and so
/// does one that has the same variables as before.
pub(super) fn update(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: SuiteId,
    suite: &IncomingSuite,
    at: i64,
) -> Result<Change> {
    let mut change = Change::Unchanged;
    if let Some(row) = store::suites::get(conn, workspace, id)?
        && row.name != suite.name
    {
        store::suites::rename(conn, id, row.revision, &suite.name, at)?;
        change = Change::Changed;
    }
    let before = store::test_cases::list(conn, id, 0, i64::MAX)?;
    let same = before.iter().zip(&suite.cases).take_while(|(row, case)| row.content == case.1).count();
    if same == before.len() && same == suite.cases.len() {
        return Ok(change);
    }
    let after = same.checked_sub(1).map_or(0, |last| before[last].position);
    let arranged = arrange(&before[same..], &suite.cases[same..])?;
    store::test_cases::arrange(conn, id, after, &arranged, at)?;
    Ok(Change::Changed)
}

/// Finds for each case the one that it was before.
fn arrange(before: &[CaseRow], cases: &[(domain::ids::CaseId, String)]) -> Result<Vec<Arranged>> {
    let mut by_content: BTreeMap<&str, Vec<&CaseRow>> = BTreeMap::new();
    // The first of several is taken first.
    for row in before.iter().rev() {
        by_content.entry(&row.content).or_default().push(row);
    }
    let found: Vec<Option<&CaseRow>> =
        cases.iter().map(|(_, content)| by_content.get_mut(content.as_str())?.pop()).collect();
    let mut by_variables: BTreeMap<String, Vec<&CaseRow>> = BTreeMap::new();
    let mut rest: Vec<_> = by_content.into_values().flatten().collect();
    rest.sort_by_key(|row| std::cmp::Reverse(row.position));
    for row in rest {
        by_variables.entry(variables(&row.content)?).or_default().push(row);
    }
    let arranged = cases.iter().zip(found).map(|((id, content), found)| {
        if let Some(row) = found {
            return Ok(Arranged::Kept(row.id));
        }
        let earlier = by_variables.get_mut(&variables(content)?).and_then(Vec::pop);
        Ok(match earlier {
            Some(row) => Arranged::Changed(row.id, content.clone()),
            None => Arranged::New(*id, content.clone()),
        })
    });
    arranged.collect()
}

fn variables(content: &str) -> Result<String> {
    let content: CaseContent = serde_json::from_str(content)?;
    Ok(Value::Object(content.variables).to_string())
}
