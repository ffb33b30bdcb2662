//! Suites of an import: what is to become of one that is there.

use std::collections::BTreeMap;

use domain::ids::{CaseId, SuiteId, WorkspaceId};
use domain::test_case::CaseContent;
use serde_json::Value;
use store::Conn;
use store::test_cases::{Arranged, CaseRow};

use super::incoming::IncomingSuite;
use crate::error::Result;

/// What a suite needs to become what the file says.
pub(super) struct Rearranged {
    /// The revision that it has, where its name changes.
    pub rename: Option<i64>,
    /// The position that was last given to a case.
    pub last_position: i64,
    /// Cases up to this position stay as they are.
    pub after: i64,
    /// All that come behind it.
    pub cases: Vec<Arranged>,
}

/// Compares a suite with what the file says. None: it is that already.
///
/// A case that stays keeps its identity, by which runs are compared, and so does one that has the same variables as
/// before.
pub(super) fn compare(
    conn: &mut Conn,
    workspace: WorkspaceId,
    id: SuiteId,
    suite: &IncomingSuite,
    ids: &[CaseId],
) -> Result<Option<Rearranged>> {
    let row = store::suites::get(conn, workspace, id)?;
    let rename = row.filter(|row| row.name != suite.name).map(|row| row.revision);
    let before = store::test_cases::list(conn, id, 0, i64::MAX)?;
    let same = before.iter().zip(&suite.cases).take_while(|(row, case)| row.content == **case).count();
    if rename.is_none() && same == before.len() && same == suite.cases.len() {
        return Ok(None);
    }
    let after = same.checked_sub(1).map_or(0, |last| before[last].position);
    Ok(Some(Rearranged {
        rename,
        last_position: store::test_cases::last_position(conn, id)?,
        after,
        cases: arrange(&before[same..], &suite.cases[same..], &ids[same..])?,
    }))
}

/// Finds for each case the one that it was before.
fn arrange(before: &[CaseRow], cases: &[String], ids: &[CaseId]) -> Result<Vec<Arranged>> {
    let mut by_content: BTreeMap<&str, Vec<&CaseRow>> = BTreeMap::new();
    // The first of several is taken first.
    for row in before.iter().rev() {
        by_content.entry(&row.content).or_default().push(row);
    }
    let found: Vec<Option<&CaseRow>> =
        cases.iter().map(|content| by_content.get_mut(content.as_str())?.pop()).collect();
    let mut by_variables: BTreeMap<String, Vec<&CaseRow>> = BTreeMap::new();
    let mut rest: Vec<_> = by_content.into_values().flatten().collect();
    rest.sort_by_key(|row| std::cmp::Reverse(row.position));
    for row in rest {
        by_variables.entry(variables(&row.content)?).or_default().push(row);
    }
    let arranged = cases.iter().zip(ids).zip(found).map(|((content, id), found)| {
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
