//! Runs an operation and tells what it answered.

use std::fmt::Debug;

use store::models::{ModelRow, ProviderRow};
use store::{Conn, Result, idempotency, models, suites, test_cases, workspaces};

use super::operation::{Operation, Text};
use super::world::{World, id, pick, workspace};
use super::{cards, outbound, runs, shares};

/// What an operation says that found nothing to work on.
const NOTHING: &str = "nothing is there";

pub(super) fn perform(
    conn: &mut Conn,
    world: &mut World,
    operation: &Operation,
    step: usize,
) -> Result<String> {
    // All that can be made lies in it.
    let made = workspaces::find(conn, "default")?;
    if made.is_none() && !operation.reads() {
        workspaces::ensure(conn, workspace(), "default", "Default", 0)?;
    }
    if let Some(answer) = cards::perform(conn, world, operation, step)? {
        return Ok(answer);
    }
    if let Some(answer) = runs::perform(conn, world, operation, step)? {
        return Ok(answer);
    }
    if let Some(answer) = outbound::perform(conn, world, operation, step)? {
        return Ok(answer);
    }
    if let Some(answer) = shares::perform(conn, world, operation, step)? {
        return Ok(answer);
    }
    Ok(of_others(conn, world, operation, step)?.unwrap_or_else(|| NOTHING.to_owned()))
}

/// What came back, as text. Rows are compared field by field, by what a report shows of them.
pub(super) fn told(answer: impl Debug) -> String {
    format!("{answer:?}")
}

/// The time of a step: two of them at a time, so that there are ties.
pub(super) fn at(step: usize) -> i64 {
    i64::try_from(step / 2).unwrap()
}

/// Suites, cases, providers and kept answers. None: it is another operation, or there is nothing to work on.
fn of_others(
    conn: &mut Conn,
    world: &mut World,
    operation: &Operation,
    step: usize,
) -> Result<Option<String>> {
    let at = at(step);
    Ok(Some(match operation {
        Operation::AddCases { suite, contents } => {
            let Some(suite) = pick(&world.suites, *suite) else { return Ok(None) };
            let cases: Vec<_> = contents
                .iter()
                .enumerate()
                .map(|(place, Text(content))| (id(step, place), content.clone()))
                .collect();
            let first = test_cases::append(conn, suite, &cases, at)?;
            world.cases.extend(cases.iter().map(|(case, _)| (suite, *case)));
            told(first)
        }
        Operation::EditCase { case, revision, content } => match pick(&world.cases, *case) {
            None => return Ok(None),
            Some((suite, case)) => {
                let replaced = test_cases::replace(conn, case, *revision, &content.0, at)?;
                told((replaced, test_cases::get(conn, suite, case)?))
            }
        },
        Operation::DeleteCase { case, revision } => match pick(&world.cases, *case) {
            None => return Ok(None),
            Some((suite, case)) => {
                let deleted = test_cases::delete(conn, case, *revision, at)?;
                told((deleted, test_cases::get(conn, suite, case)?))
            }
        },
        Operation::RestoreCase { case } => match pick(&world.cases, *case) {
            None => return Ok(None),
            Some((suite, case)) => told(test_cases::restore(conn, suite, case, at)?),
        },
        Operation::ListCases { suite, after, limit } => match pick(&world.suites, *suite) {
            None => return Ok(None),
            Some(suite) => told(test_cases::list(conn, suite, *after, *limit)?),
        },
        Operation::RenameSuite { suite, revision, name } => match pick(&world.suites, *suite) {
            None => return Ok(None),
            Some(suite) => {
                let renamed = suites::rename(conn, suite, *revision, &name.0, at)?;
                told((renamed, suites::get(conn, workspace(), suite)?))
            }
        },
        Operation::ListSuites { limit } => {
            let mut pages = Vec::new();
            let mut after = None;
            loop {
                let page = suites::list(conn, workspace(), after, *limit)?;
                let Some(last) = page.last() else { return Ok(Some(told(pages))) };
                after = Some(last.id);
                pages.push(page);
            }
        }
        Operation::Provider { name, kind, url, models: names } => {
            let provider = ProviderRow {
                id: id(step, 0),
                name: name.0.clone(),
                kind: kind.0.clone(),
                base_url: url.as_ref().map(|Text(url)| url.clone()),
                concurrency: at,
            };
            models::put_provider(conn, workspace(), &provider, at)?;
            let stored = models::providers(conn, workspace())?;
            let Some(stored) = stored.iter().find(|stored| stored.name == name.0) else { return Ok(None) };
            let rows: Vec<ModelRow> = names
                .iter()
                .map(|Text(name)| (name.clone(), url.as_ref().map(|Text(url)| url.clone()), "{}".to_owned()))
                .collect();
            models::replace_models(conn, stored.id, &rows, at)?;
            world.providers.push(stored.id);
            told(stored)
        }
        Operation::Providers => {
            let providers = models::providers(conn, workspace())?;
            let of_each = world.providers.iter().map(|provider| models::models(conn, *provider));
            told((providers, of_each.collect::<Result<Vec<_>>>()?))
        }
        Operation::KeepAnswer { scope, key, body } => {
            told(idempotency::keep(conn, &scope.0, &key.0, "print", &body.0, at)?)
        }
        Operation::FindAnswer { scope, key } => told(idempotency::find(conn, &scope.0, &key.0)?),
        Operation::ForgetAnswers { before } => told(idempotency::forget(conn, *before)?),
        _ => return Ok(None),
    }))
}
