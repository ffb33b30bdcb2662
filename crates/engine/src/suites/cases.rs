//! Cases: made one by one or imported, edited, deleted and restored.

use std::sync::Arc;

use domain::assertion::{can_never_fail_in, validate_case};
use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::clock::Timestamp;
use domain::ids::{CaseId, SuiteId, WorkspaceId};
use domain::test_case::CaseContent;
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::suites::SuiteRow;
use store::test_cases::CaseRow;
use utoipa::ToSchema;

use crate::cards::stale;
use crate::error::{Error, Problem, Result};
use crate::idempotency::{self, Created, IdempotencyKey};
use crate::{Engine, Revised};

/// Most cases of one import.
const IMPORT_LIMIT: usize = 10_000;
/// The revision of a case that was just made.
pub const FIRST_REVISION: i64 = 1;
/// How many cases one reading of the store brings while a list is filtered.
const CHUNK: i64 = 500;

/// A suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Suite {
    /// The suite.
    pub id: SuiteId,
    /// Its name.
    pub name: String,
    /// How many cases it has.
    pub case_count: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it or one of its cases last changed.
    pub updated_at: Timestamp,
}

/// A new name for a suite.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RenameSuite {
    /// The name.
    #[garde(length(chars, min = 1, max = 200))]
    pub name: String,
}

/// An assertion that can never fail, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaseFlag {
    /// Index of the assertion in the case.
    pub assertion_index: usize,
    /// Why it can never fail.
    pub message: String,
}

/// A test case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Case {
    /// The case.
    pub id: CaseId,
    /// Its place in the suite, from 1, with gaps where cases were deleted.
    pub position: i64,
    /// What it contains.
    pub content: CaseContent,
    /// Assertions that can never fail.
    pub flags: Vec<CaseFlag>,
    /// What an edit names in `If-Match`, with its quotes.
    pub etag: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which cases a list shows.
#[derive(Debug, Clone, Default)]
pub struct CaseQuery {
    /// Only cases that contain this text, whatever its case, in description, variables, expected output or tags.
    pub search: Option<String>,
    /// Only cases with this tag.
    pub tag: Option<String>,
    /// Only cases after this position.
    pub after: i64,
    /// At most so many.
    pub limit: usize,
}

/// Cases in the order of their suite.
#[derive(Debug, Clone)]
pub struct CaseList {
    /// The cases.
    pub cases: Vec<Case>,
    /// The position to go on after, if there are more.
    pub next: Option<i64>,
}

/// Cases to be added, all or none.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ImportCases {
    /// The cases, in their order.
    #[garde(length(min = 1, max = IMPORT_LIMIT), dive)]
    pub items: Vec<CaseContent>,
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// How many cases were added.
    pub created: usize,
}

impl Engine {
    /// Suites after one, by age.
    pub async fn suites(
        &self,
        workspace: WorkspaceId,
        after: Option<SuiteId>,
        limit: i64,
    ) -> Result<Vec<Suite>> {
        let rows = self.store.read(move |conn| store::suites::list(conn, workspace, after, limit)).await?;
        Ok(rows.into_iter().map(suite_view).collect())
    }

    /// One suite.
    pub async fn suite(&self, workspace: WorkspaceId, suite: SuiteId) -> Result<Revised<Suite>> {
        self.store.try_read(move |conn| Ok(revised(find(conn, workspace, suite)?))).await
    }

    /// Renames a suite, if nobody else has changed it since `revision`.
    pub async fn rename_suite(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        suite: SuiteId,
        revision: i64,
        rename: RenameSuite,
    ) -> Result<Revised<Suite>> {
        let at = self.clock.now();
        let entry = self.entry(caller, Action::SuiteEdit).in_workspace(workspace).on("suite", suite);
        self.store
            .try_write(move |conn| {
                let before = find(conn, workspace, suite)?;
                if !store::suites::rename(conn, suite, revision, &rename.name, at)? {
                    return Err(stale("suite", before.updated_at, before.revision));
                }
                store::audit::append(conn, &entry)?;
                Ok(revised(find(conn, workspace, suite)?))
            })
            .await
    }

    /// Cases of a suite, in their order.
    pub async fn cases(&self, workspace: WorkspaceId, suite: SuiteId, query: CaseQuery) -> Result<CaseList> {
        self.store.try_read(move |conn| list(conn, workspace, suite, &query)).await
    }

    /// One case.
    pub async fn case(&self, workspace: WorkspaceId, suite: SuiteId, case: CaseId) -> Result<Revised<Case>> {
        self.store
            .try_read(move |conn| {
                find(conn, workspace, suite)?;
                read(conn, suite, case)
            })
            .await
    }

    /// Adds a case at the end of a suite.
    pub async fn create_case(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        suite: SuiteId,
        content: CaseContent,
        key: Option<IdempotencyKey>,
    ) -> Result<Created<Case>> {
        check(&content, "")?;
        let json = serde_json::to_string(&content)?;
        let (id, at) = (CaseId::new(&*self.ids), self.clock.now());
        let entry = self.case_entry(caller, Action::CaseCreate, workspace, suite).on("case", id);
        self.store
            .try_write(move |conn| {
                idempotency::once(conn, key.as_ref(), at, |conn| {
                    find(conn, workspace, suite)?;
                    store::test_cases::append(conn, suite, &[(id, json.clone())], at)?;
                    store::audit::append(conn, &entry)?;
                    case_view(&row(conn, suite, id)?)
                })
            })
            .await
    }

    /// Adds cases at the end of a suite, all or none.
    pub async fn import_cases(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        suite: SuiteId,
        import: ImportCases,
        key: Option<IdempotencyKey>,
    ) -> Result<Created<Imported>> {
        let mut problems = Vec::new();
        let mut cases = Vec::with_capacity(import.items.len());
        for (index, content) in import.items.iter().enumerate() {
            problems.extend(problems_of(content, &format!("/items/{index}")));
            cases.push((CaseId::new(&*self.ids), serde_json::to_string(content)?));
        }
        if !problems.is_empty() {
            problems.truncate(50);
            return Err(Error::problems(problems));
        }
        let (cases, at): (Arc<[_]>, _) = (cases.into(), self.clock.now());
        let entry = self.entry(caller, Action::CasesImport).in_workspace(workspace).on("suite", suite);
        let entry = entry.with("cases", cases.len());
        self.store
            .try_write(move |conn| {
                idempotency::once(conn, key.as_ref(), at, |conn| {
                    find(conn, workspace, suite)?;
                    store::test_cases::append(conn, suite, &cases, at)?;
                    store::audit::append(conn, &entry)?;
                    Ok(Imported { created: cases.len() })
                })
            })
            .await
    }

    /// Replaces a case, if nobody else has changed it since `revision`.
    pub async fn edit_case(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        suite: SuiteId,
        case: CaseId,
        revision: i64,
        content: CaseContent,
    ) -> Result<Revised<Case>> {
        check(&content, "")?;
        let json = serde_json::to_string(&content)?;
        let at = self.clock.now();
        let entry = self.case_entry(caller, Action::CaseEdit, workspace, suite).on("case", case);
        self.store
            .try_write(move |conn| {
                find(conn, workspace, suite)?;
                let before = row(conn, suite, case)?;
                if !store::test_cases::replace(conn, case, revision, &json, at)? {
                    return Err(stale("case", before.updated_at, before.revision));
                }
                store::audit::append(conn, &entry)?;
                read(conn, suite, case)
            })
            .await
    }

    /// Deletes a case, if nobody else has changed it since `revision`. Runs keep their copies.
    pub async fn delete_case(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        suite: SuiteId,
        case: CaseId,
        revision: i64,
    ) -> Result<()> {
        let at = self.clock.now();
        let entry = self.case_entry(caller, Action::CaseDelete, workspace, suite).on("case", case);
        self.store
            .try_write(move |conn| {
                find(conn, workspace, suite)?;
                let before = row(conn, suite, case)?;
                if !store::test_cases::delete(conn, case, revision, at)? {
                    return Err(stale("case", before.updated_at, before.revision));
                }
                store::audit::append(conn, &entry)?;
                Ok(())
            })
            .await
    }

    /// Brings a deleted case back to its place.
    pub async fn restore_case(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        suite: SuiteId,
        case: CaseId,
    ) -> Result<Revised<Case>> {
        let at = self.clock.now();
        let entry = self.case_entry(caller, Action::CaseRestore, workspace, suite).on("case", case);
        self.store
            .try_write(move |conn| {
                find(conn, workspace, suite)?;
                // A case that is there already is what was asked for.
                if store::test_cases::restore(conn, suite, case, at)? {
                    store::audit::append(conn, &entry)?;
                }
                read(conn, suite, case)
            })
            .await
    }

    fn case_entry(&self, caller: &Caller, action: Action, workspace: WorkspaceId, suite: SuiteId) -> Entry {
        self.entry(caller, action).in_workspace(workspace).with("suite", suite.to_string())
    }
}

fn check(content: &CaseContent, prefix: &str) -> Result<()> {
    let problems = problems_of(content, prefix);
    if problems.is_empty() { Ok(()) } else { Err(Error::problems(problems)) }
}

fn problems_of(content: &CaseContent, prefix: &str) -> Vec<Problem> {
    let problems = validate_case(content).into_iter();
    problems.map(|problem| Problem::at(format!("{prefix}{}", problem.pointer), problem.message)).collect()
}

fn find(conn: &mut Conn, workspace: WorkspaceId, suite: SuiteId) -> Result<SuiteRow> {
    store::suites::get(conn, workspace, suite)?.ok_or_else(|| Error::not_found(format!("suite {suite}")))
}

pub(crate) fn list(
    conn: &mut Conn,
    workspace: WorkspaceId,
    suite: SuiteId,
    query: &CaseQuery,
) -> Result<CaseList> {
    let search = query.search.as_ref().map(|text| text.trim().to_lowercase());
    let search = search.filter(|text| !text.is_empty());
    find(conn, workspace, suite)?;
    let mut cases = Vec::new();
    let mut after = query.after;
    loop {
        let rows = store::test_cases::list(conn, suite, after, CHUNK)?;
        let Some(last) = rows.last() else { return Ok(CaseList { cases, next: None }) };
        after = last.position;
        for row in &rows {
            let case = case_view(row)?;
            let wanted = query.tag.as_ref().is_none_or(|tag| case.content.tags.contains(tag))
                && search.as_ref().is_none_or(|search| case.content.contains_text(search));
            if !wanted {
                continue;
            }
            if cases.len() == query.limit {
                let next = cases.last().map(|case: &Case| case.position);
                return Ok(CaseList { cases, next });
            }
            cases.push(case);
        }
    }
}

fn row(conn: &mut Conn, suite: SuiteId, case: CaseId) -> Result<CaseRow> {
    store::test_cases::get(conn, suite, case)?.ok_or_else(|| Error::not_found(format!("case {case}")))
}

fn read(conn: &mut Conn, suite: SuiteId, case: CaseId) -> Result<Revised<Case>> {
    let row = row(conn, suite, case)?;
    Ok(Revised { value: case_view(&row)?, revision: row.revision })
}

fn revised(row: SuiteRow) -> Revised<Suite> {
    let revision = row.revision;
    Revised { value: suite_view(row), revision }
}

fn suite_view(row: SuiteRow) -> Suite {
    Suite {
        id: row.id,
        name: row.name,
        case_count: row.case_count,
        created_at: Timestamp(row.created_at),
        updated_at: Timestamp(row.updated_at),
    }
}

fn case_view(row: &CaseRow) -> Result<Case> {
    let content: CaseContent = serde_json::from_str(&row.content)?;
    let flags = can_never_fail_in(&content).into_iter();
    Ok(Case {
        id: row.id,
        position: row.position,
        flags: flags.map(|(assertion_index, message)| CaseFlag { assertion_index, message }).collect(),
        content,
        etag: format!("\"{}\"", row.revision),
        created_at: Timestamp(row.created_at),
        updated_at: Timestamp(row.updated_at),
    })
}
