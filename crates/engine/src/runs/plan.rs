//! From what a person asks for to what will be run: every name resolved, every input frozen.

mod models;

use std::collections::BTreeMap;

use domain::card::CardContent;
use domain::ids::{CaseId, SuiteId, WorkspaceId};
use domain::matrix::Matrix;
use domain::run::{CELLS_LIMIT, CaseFilter, RunRequest, VersionChoice};
use domain::template::{Includes, PromptTemplate, find_variables};
use domain::test_case::CaseContent;
use domain::variables::check_variables;
use sha2::{Digest, Sha256};
use store::Conn;
use store::cards::CardRow;
use store::run_inputs::{RunModel, RunVersion};
use store::test_cases::CaseRow;

use crate::Engine;
use crate::cards::read_version;
use crate::error::{Error, Problem, Result, StartProblem};

/// Most reasons that are told why a suite does not fit.
const MISFITS: usize = 20;
/// How many cases one reading of the store brings.
const PAGE: i64 = 1_000;

/// What will be run.
pub(crate) struct Plan {
    pub suite_id: SuiteId,
    pub matrix: Matrix,
    pub versions: Vec<PlannedVersion>,
    pub models: Vec<RunModel>,
    pub cases: Vec<(CaseId, String)>,
    /// Hash of all of it: a second start of the same finds the first.
    pub fingerprint: String,
    /// What stands in the way of a start.
    pub obstacles: Vec<Obstacle>,
}

/// A version with its template, compiled.
pub(crate) struct PlannedVersion {
    pub row: RunVersion,
    pub content: CardContent,
    pub template: PromptTemplate,
}

/// One thing that stands in the way of a start.
#[derive(Debug, Clone)]
pub(crate) struct Obstacle {
    pub kind: StartProblem,
    pub pointer: String,
    pub detail: String,
}

struct Resolved {
    suite_id: SuiteId,
    versions: Vec<(CardRow, i64, CardContent, Includes)>,
    cases: Vec<(CaseId, String)>,
}

impl Plan {
    /// The first obstacle as the error of a start, with all of its kind.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let first = self.obstacles.first()?;
        let same = self.obstacles.iter().filter(|obstacle| obstacle.kind == first.kind);
        Some(Error::CannotStart {
            kind: first.kind,
            detail: first.detail.clone(),
            problems: same
                .map(|obstacle| Problem::at(obstacle.pointer.clone(), obstacle.detail.clone()))
                .collect(),
        })
    }
}

impl Engine {
    /// Resolves a request. Nothing is written.
    pub(crate) async fn plan(&self, workspace: WorkspaceId, request: &RunRequest) -> Result<Plan> {
        let asked = request.clone();
        let resolved = self.store.try_read(move |conn| resolve(conn, workspace, &asked)).await?;
        let mut obstacles = Vec::new();
        let models = self.plan_models(workspace, request, &mut obstacles).await?;

        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let matrix = Matrix {
            versions: count(resolved.versions.len()),
            models: count(models.len()),
            cases: count(resolved.cases.len()),
            repeats: request.repeats,
        };
        if matrix.cases == 0 {
            let detail = if request.case_filter == CaseFilter::default() {
                "The suite has no cases yet. Add one, then start the run."
            } else {
                "No case of the suite fits the filter. Choose other cases or tags."
            };
            obstacles.push(Obstacle {
                kind: StartProblem::NoCases,
                pointer: "/case_filter".to_owned(),
                detail: detail.to_owned(),
            });
        }
        if matrix.cells() > CELLS_LIMIT {
            obstacles.push(Obstacle {
                kind: StartProblem::TooManyCells,
                pointer: "/repeats".to_owned(),
                detail: format!(
                    "This run would have {} cells, at most {CELLS_LIMIT} are allowed. Choose fewer cases, \
                     models or repeats.",
                    matrix.cells()
                ),
            });
        }
        let fingerprint = fingerprint(request, &resolved, &models);
        let versions = resolved.versions.into_iter().map(plan_version).collect::<Result<_>>()?;
        Ok(Plan {
            suite_id: resolved.suite_id,
            matrix,
            versions,
            models,
            cases: resolved.cases,
            fingerprint,
            obstacles,
        })
    }
}

fn plan_version(version: (CardRow, i64, CardContent, Includes)) -> Result<PlannedVersion> {
    let (card, number, content, includes) = version;
    let template = PromptTemplate::compile(&content, &includes).map_err(|problems| {
        let named = |problem: &domain::template::TemplateProblem| {
            Problem::at(
                "/card_versions",
                format!("{} v{number}: line {}: {}", card.slug, problem.line, problem.message),
            )
        };
        Error::problems(problems.iter().map(named).collect())
    })?;
    let row = RunVersion {
        card_id: card.id,
        slug: card.slug,
        title: card.title,
        number,
        content: serde_json::to_string(&content)?,
        includes: serde_json::to_string(&includes)?,
    };
    Ok(PlannedVersion { row, content, template })
}

fn resolve(conn: &mut Conn, workspace: WorkspaceId, request: &RunRequest) -> Result<Resolved> {
    let mut versions: Vec<(CardRow, i64, CardContent, Includes)> = Vec::new();
    for (index, choice) in request.card_versions.iter().enumerate() {
        let pointer = format!("/card_versions/{index}");
        let version = resolve_version(conn, workspace, choice, &pointer)?;
        if request.suite_id.is_none()
            && let Some(first) = versions.first()
            && first.0.suite_id != version.0.suite_id
        {
            return Err(Error::invalid(
                pointer,
                format!(
                    "The cards {} and {} have different suites. Versions that share none can only be run together \
                     over a suite that is named.",
                    first.0.slug, version.0.slug
                ),
            ));
        }
        if versions.iter().any(|other| (other.0.id, other.1) == (version.0.id, version.1)) {
            return Err(Error::invalid(
                pointer,
                format!("{} v{} is chosen twice.", version.0.slug, version.1),
            ));
        }
        versions.push(version);
    }
    let own = versions
        .first()
        .map(|version| version.0.suite_id)
        .ok_or_else(|| Error::invalid("/card_versions", "Choose at least one version of a card."))?;
    let suite_id = request.suite_id.unwrap_or(own);
    if store::suites::get(conn, workspace, suite_id)?.is_none() {
        return Err(Error::invalid("/suite_id", format!("There is no suite {suite_id}.")));
    }
    let cases = read_cases(conn, suite_id, request)?;
    if request.suite_id.is_some() {
        refuse_misfits(&versions, &cases)?;
    }
    Ok(Resolved { suite_id, versions, cases })
}

fn resolve_version(
    conn: &mut Conn,
    workspace: WorkspaceId,
    choice: &VersionChoice,
    pointer: &str,
) -> Result<(CardRow, i64, CardContent, Includes)> {
    let slug = &choice.slug;
    let card = store::cards::find(conn, workspace, slug)?
        .ok_or_else(|| Error::invalid(format!("{pointer}/slug"), format!("There is no card `{slug}`.")))?;
    let number = match (&choice.version, &choice.label) {
        (Some(number), _) => *number,
        (None, Some(label)) => {
            store::labels::get(conn, card.id, label)?
                .ok_or_else(|| {
                    Error::invalid(
                        format!("{pointer}/label"),
                        format!("The card `{slug}` has no label `{label}`."),
                    )
                })?
                .version
        }
        (None, None) => card.latest_version,
    };
    if number == 0 {
        return Err(Error::invalid(
            format!("{pointer}/slug"),
            format!("The card `{slug}` has no version yet. Save its draft as version 1, then start the run."),
        ));
    }
    let (content, includes) = read_version(conn, workspace, &card, number)?.ok_or_else(|| {
        Error::invalid(
            format!("{pointer}/version"),
            format!("The card `{slug}` has no version {number}. Its latest is {}.", card.latest_version),
        )
    })?;
    Ok((card, number, content, includes))
}

fn read_cases(conn: &mut Conn, suite: SuiteId, request: &RunRequest) -> Result<Vec<(CaseId, String)>> {
    let filter = &request.case_filter;
    let mut cases = Vec::new();
    let mut after = 0;
    loop {
        let page: Vec<CaseRow> = store::test_cases::list(conn, suite, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.position;
        for case in page {
            if !filter.case_ids.is_empty() && !filter.case_ids.contains(&case.id) {
                continue;
            }
            if !filter.tags.is_empty() {
                let content: CaseContent = serde_json::from_str(&case.content)?;
                if !content.tags.iter().any(|tag| filter.tags.contains(tag)) {
                    continue;
                }
            }
            cases.push((case.id, case.content));
        }
    }
    Ok(cases)
}

/// Names what a version needs and cases of a suite do not have, which was made for another card. In a card's own suite
/// it is an error of those cells.
fn refuse_misfits(
    versions: &[(CardRow, i64, CardContent, Includes)],
    cases: &[(CaseId, String)],
) -> Result<()> {
    let cases = cases.iter().map(|(_, json)| serde_json::from_str(json));
    let cases = cases.collect::<serde_json::Result<Vec<CaseContent>>>()?;
    let mut misfits: BTreeMap<String, usize> = BTreeMap::new();
    for (card, number, content, includes) in versions {
        let mut needed = find_variables(content, includes);
        needed.retain(|variable| variable.required);
        for case in &cases {
            let messages = match check_variables(&content.variables, &case.variables) {
                Err(problems) => problems.into_iter().map(|problem| problem.message).collect(),
                Ok(given) => {
                    let missing = needed.iter().filter(|variable| !given.contains_key(&variable.name));
                    let message = |name: &str| format!("`{name}` is missing. The card needs it.");
                    missing.map(|variable| message(&variable.name)).collect::<Vec<_>>()
                }
            };
            for message in messages {
                *misfits.entry(format!("{} v{number}: {message}", card.slug)).or_default() += 1;
            }
        }
    }
    let all = cases.len();
    let told = misfits.into_iter().take(MISFITS);
    let problems: Vec<Problem> = told
        .map(|(what, count)| Problem::at("/suite_id", format!("{count} of {all} cases do not fit {what}")))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::problems(problems)) }
}

fn fingerprint(request: &RunRequest, resolved: &Resolved, models: &[RunModel]) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        // The length before each part keeps two neighbours from trading letters.
        hash.update(text.len().to_le_bytes());
        hash.update(text.as_bytes());
    };
    part(&request.repeats.to_string());
    part(&request.cache.to_string());
    for (card, number, _, _) in &resolved.versions {
        part(&card.id.to_string());
        part(&number.to_string());
    }
    for model in models {
        part(&model.provider);
        part(&model.name);
        part(&model.parameters);
    }
    for (id, content) in &resolved.cases {
        part(&id.to_string());
        part(content);
    }
    hex::encode(hash.finalize())
}
