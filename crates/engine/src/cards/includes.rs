//! Cards taken into other cards: the store's side of it.

use domain::card::CardContent;
use domain::ids::WorkspaceId;
use domain::template::{Includes, Lookup, ResolvedIncludes, TemplateProblem, Wanted, resolve_includes};
use store::Conn;
use store::cards::CardRow;

use crate::error::{Error, Problem, Result};

/// Includes that were looked for. The outer result is the store's, the inner one says what is wrong with them.
type Resolved = Result<std::result::Result<ResolvedIncludes, Vec<TemplateProblem>>>;

/// Resolves the includes of a content. Its pins are kept; tags without a pin follow their label.
pub(crate) fn resolve(
    conn: &mut Conn,
    workspace: WorkspaceId,
    own_slug: Option<&str>,
    content: &CardContent,
) -> Resolved {
    resolve_with(own_slug, content, |slug, wanted| look_up(conn, workspace, slug, wanted))
}

/// The same, among cards that `look_up` finds.
pub(crate) fn resolve_with(
    own_slug: Option<&str>,
    content: &CardContent,
    mut look_up: impl FnMut(&str, Wanted<'_>) -> Result<Lookup>,
) -> Resolved {
    let mut failure = None;
    let resolved = resolve_includes(own_slug, content, |slug, wanted| {
        look_up(slug, wanted).unwrap_or_else(|error| {
            failure = Some(error);
            Lookup::Unknown
        })
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(resolved),
    }
}

/// What the store has of a card that is taken in.
pub(crate) fn look_up(
    conn: &mut Conn,
    workspace: WorkspaceId,
    slug: &str,
    wanted: Wanted<'_>,
) -> Result<Lookup> {
    let Some(card) = store::cards::find(conn, workspace, slug)? else { return Ok(Lookup::Unknown) };
    let number = match wanted {
        Wanted::Version(number) => number,
        Wanted::Label(_) if card.archived_at.is_some() => return Ok(Lookup::Archived),
        Wanted::Label(label) => match store::labels::get(conn, card.id, label)? {
            Some(label) => label.version,
            None => return Ok(Lookup::Unknown),
        },
    };
    Ok(match store::versions::get(conn, card.id, number)? {
        Some(version) => {
            Lookup::Found { version: number, content: Box::new(serde_json::from_str(&version.content)?) }
        }
        None => Lookup::Unknown,
    })
}

/// A version's content, with the texts of the cards that it includes.
pub(crate) fn read_version(
    conn: &mut Conn,
    workspace: WorkspaceId,
    card: &CardRow,
    number: i64,
) -> Result<Option<(CardContent, Includes)>> {
    let Some(version) = store::versions::get(conn, card.id, number)? else { return Ok(None) };
    let content: CardContent = serde_json::from_str(&version.content)?;
    let resolved = resolve(conn, workspace, Some(&card.slug), &content)?.map_err(|problems| {
        let problems = problems.into_iter().map(|problem| Problem::at(problem.pointer, problem.message));
        Error::problems(problems.collect())
    })?;
    Ok(Some((content, resolved.includes)))
}
