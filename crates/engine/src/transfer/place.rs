//! Cards of an import: their versions, labels and drafts, put into the store.

use domain::card::{CardContent, PinnedInclude};
use domain::ids::WorkspaceId;
use store::Conn;
use store::cards::CardRow;
use store::versions::VersionRow;

use super::import::{Incoming, IncomingCard, IncomingVersion};
use super::{Change, ImportedCard, ImportedCards, check, suites};
use crate::cards::{CardLabel, append_version, draft_is_changed, index_card, insert_card, pin_includes};
use crate::error::{Conflict, Error, Result};
use crate::stamp::Stamp;

/// A card whose versions are being placed.
struct Placed {
    row: CardRow,
    is_new: bool,
    /// The versions that it had.
    before: Vec<VersionRow>,
    /// Whether its draft had changes that were never saved.
    has_unsaved_draft: bool,
    /// The number here of each version of the file that is placed.
    numbers: Vec<i64>,
    done: ImportedCard,
}

/// Puts everything into the store. Inside one closure of it.
pub(super) fn place(
    conn: &mut Conn,
    workspace: WorkspaceId,
    incoming: &Incoming,
    replace: bool,
    stamp: &Stamp,
) -> Result<ImportedCards> {
    let mut there = Vec::with_capacity(incoming.cards.len());
    for card in &incoming.cards {
        there.push(store::cards::find(conn, workspace, &card.card.slug)?);
    }
    if !replace {
        refuse_those_there(&there)?;
    }
    let mut suites = Vec::with_capacity(incoming.suites.len());
    for (index, suite) in incoming.suites.iter().enumerate() {
        suites.push(if let Some(id) = suite_of(conn, incoming, &there, index)? {
            (id, suites::update(conn, workspace, id, suite, stamp.at)?)
        } else {
            suites::create(conn, workspace, suite, stamp.at)?;
            (suite.id, Change::Created)
        });
    }
    let mut placed = Vec::with_capacity(incoming.cards.len());
    for (card, there) in incoming.cards.iter().zip(there) {
        let suite = card.suite.and_then(|suite| suites.get(suite)).copied();
        placed.push(place_card(conn, workspace, card, there, suite, stamp)?);
    }
    place_versions(conn, workspace, incoming, &mut placed, stamp)?;
    let mut cards = Vec::with_capacity(placed.len());
    for (card, placed) in incoming.cards.iter().zip(placed) {
        cards.push(finish(conn, workspace, card, placed, stamp)?);
    }
    Ok(ImportedCards { cards })
}

fn refuse_those_there(there: &[Option<CardRow>]) -> Result<()> {
    let slugs: Vec<_> = there.iter().flatten().map(|row| format!("`{}`", row.slug)).collect();
    let which = match slugs.as_slice() {
        [] => return Ok(()),
        [only] => format!("a card {only}"),
        [first, second] => format!("cards {first} and {second}"),
        [first, .., last] => format!("cards {first} to {last}, {} of them", slugs.len()),
    };
    Err(Error::conflict(
        Conflict::SlugTaken,
        format!(
            "There is already {which}. Nothing was imported. Import with `replace` to make what is there what the \
             file says, or give the card in the file another slug."
        ),
    ))
}

/// The suite here that a suite of the file stands for: that of its first card that is there, unless other cards
/// use it too. Nothing changes that the files do not name.
fn suite_of(
    conn: &mut Conn,
    incoming: &Incoming,
    there: &[Option<CardRow>],
    suite: usize,
) -> Result<Option<domain::ids::SuiteId>> {
    let users: Vec<_> =
        incoming.cards.iter().zip(there).filter(|(card, _)| card.suite == Some(suite)).collect();
    let Some(first) = users.iter().find_map(|(_, row)| row.as_ref()) else { return Ok(None) };
    let others = store::cards::of_suite(conn, first.suite_id)?;
    let all_named = others.iter().all(|slug| users.iter().any(|(card, _)| card.card.slug == *slug));
    Ok(all_named.then_some(first.suite_id))
}

/// Makes a card without versions, or brings what surrounds the versions of one to what the file says.
fn place_card(
    conn: &mut Conn,
    workspace: WorkspaceId,
    incoming: &IncomingCard,
    there: Option<CardRow>,
    suite: Option<(domain::ids::SuiteId, Change)>,
    stamp: &Stamp,
) -> Result<Placed> {
    let (card, at) = (&incoming.card, stamp.at);
    let mut done = ImportedCard {
        slug: card.slug.clone(),
        change: Change::Unchanged,
        versions: Vec::new(),
        labels: Vec::new(),
        cases: suite.map_or(Change::Unchanged, |(_, change)| change),
        case_count: 0,
        draft_kept: false,
    };
    let Some(mut row) = there else {
        done.change = Change::Created;
        let new = check::surroundings(card, Some(draft_of(incoming)));
        let mut ids = incoming.ids;
        match suite {
            Some((suite, _)) => ids.suite = suite,
            None => store::suites::insert(conn, ids.suite, workspace, &card.title, at)?,
        }
        let row = insert_card(conn, workspace, ids, &new, stamp)?;
        if card.archived {
            store::cards::set_archived(conn, row.id, Some(at), at)?;
        }
        let (before, numbers) = (Vec::new(), Vec::new());
        return Ok(Placed { row, is_new: true, before, has_unsaved_draft: false, numbers, done });
    };
    let before = store::versions::list(conn, row.id, i64::MAX, i64::MAX)?;
    let has_unsaved_draft = draft_is_changed(conn, &row)?;
    let wanted = CardRow {
        title: card.title.clone(),
        description: card.description.clone(),
        folder: card.folder.clone(),
        suite_id: suite.map_or(row.suite_id, |(suite, _)| suite),
        ..row.clone()
    };
    let surroundings =
        |row: &CardRow| (row.title.clone(), row.description.clone(), row.folder.clone(), row.suite_id);
    let mut tags = card.tags.clone();
    tags.sort_unstable();
    tags.dedup();
    if surroundings(&wanted) != surroundings(&row) || store::cards::tags(conn, row.id)? != tags {
        store::cards::update(conn, &wanted, row.revision, at)?;
        store::cards::set_tags(conn, row.id, &tags)?;
        row = wanted;
        done.change = Change::Changed;
    }
    if row.archived_at.is_some() != card.archived {
        store::cards::set_archived(conn, row.id, card.archived.then_some(at), at)?;
        done.change = Change::Changed;
    }
    Ok(Placed { row, is_new: false, before, has_unsaved_draft, numbers: Vec::new(), done })
}

/// What the draft is to be: that of the file, or else the last version.
fn draft_of(incoming: &IncomingCard) -> CardContent {
    let draft = incoming.card.draft.clone().map(CardContent::from);
    draft
        .or_else(|| incoming.versions.last().map(|version| without_pins(&version.content)))
        .unwrap_or_else(|| CardContent::text(""))
}

fn without_pins(content: &CardContent) -> CardContent {
    CardContent { includes: Vec::new(), ..content.clone() }
}

/// Places the versions of all cards, each after those that it includes: their numbers here may be other ones.
fn place_versions(
    conn: &mut Conn,
    workspace: WorkspaceId,
    incoming: &Incoming,
    placed: &mut [Placed],
    stamp: &Stamp,
) -> Result<()> {
    loop {
        let (mut went_on, mut waiting) = (false, None);
        for (index, card) in incoming.cards.iter().enumerate() {
            while let Some(version) = card.versions.get(placed[index].numbers.len()) {
                if waits(version, incoming, placed, index) {
                    waiting.get_or_insert(index);
                    break;
                }
                let number = place_version(conn, workspace, incoming, placed, index, stamp)?;
                placed[index].numbers.push(number);
                went_on = true;
            }
        }
        match waiting {
            None => return Ok(()),
            Some(_) if went_on => {}
            Some(index) => {
                let place = &incoming.cards[index].place;
                let inside = format!(".versions[{}]", placed[index].numbers.len());
                return Err(place.problem(&inside, "includes a card that includes it."));
            }
        }
    }
}

/// Whether a version includes one that is still to be placed.
fn waits(version: &IncomingVersion, incoming: &Incoming, placed: &[Placed], own: usize) -> bool {
    version.includes.iter().any(|include| {
        let (Some(card), Some(number)) = (include.card, include.version) else { return false };
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        card != own && number <= incoming.cards[card].versions.len() && number > placed[card].numbers.len()
    })
}

/// Finds the version here, or saves it. Answers its number.
fn place_version(
    conn: &mut Conn,
    workspace: WorkspaceId,
    incoming: &Incoming,
    placed: &mut [Placed],
    index: usize,
    stamp: &Stamp,
) -> Result<i64> {
    let card = &incoming.cards[index];
    let position = placed[index].numbers.len();
    let version = &card.versions[position];
    let inside = format!(".versions[{position}].content");
    let mut content = without_pins(&version.content);
    for include in &version.includes {
        let Some(number) = include.version else { continue };
        let here = match include.card {
            None => Some(number),
            Some(card) => {
                usize::try_from(number - 1).ok().and_then(|at| placed[card].numbers.get(at)).copied()
            }
        };
        let Some(here) = here else {
            let missing = format!("includes `{}` v{number}, which is not in the file.", include.slug);
            return Err(card.place.problem(&inside, &missing));
        };
        content.includes.push(PinnedInclude {
            slug: include.slug.clone(),
            label: include.label.clone(),
            version: here,
        });
    }
    let content = pin_includes(conn, workspace, &card.card.slug, content)
        .map_err(|error| card.place.explain(&inside, error))?;
    let Placed { row, before, done, .. } = &mut placed[index];
    let json = serde_json::to_string(&content)?;
    let is_last = position + 1 == card.versions.len();
    let found = before.iter().find(|known| known.content == json).map(|known| known.number);
    if let Some(number) = found.filter(|number| !is_last || *number == row.latest_version) {
        return Ok(number);
    }
    let saved = append_version(conn, row, version.id, &content, &version.message, stamp)?;
    row.latest_version = saved.number;
    done.versions.push(saved.number);
    Ok(saved.number)
}

/// Moves the labels, writes the draft, and says what became of the card.
fn finish(
    conn: &mut Conn,
    workspace: WorkspaceId,
    incoming: &IncomingCard,
    placed: Placed,
    stamp: &Stamp,
) -> Result<ImportedCard> {
    let Stamp { by, at } = stamp;
    let Placed { row, is_new, has_unsaved_draft, numbers, mut done, .. } = placed;
    for ((name, version), id) in incoming.card.labels.iter().zip(&incoming.moves) {
        let number = usize::try_from(version - 1).ok().and_then(|position| numbers.get(position)).copied();
        let Some(version) = number else { continue };
        if store::labels::get(conn, row.id, name)?.is_none_or(|label| label.version != version) {
            store::labels::set(conn, id, row.id, name, Some(version), by, *at)?;
            done.labels.push(CardLabel { name: name.clone(), version });
        }
    }
    let draft = store::drafts::get(conn, row.id)?;
    let (wanted, there) = (draft_of(incoming), serde_json::from_str::<CardContent>(&draft.content)?);
    let is_other = without_pins(&there) != without_pins(&wanted);
    done.draft_kept = has_unsaved_draft && is_other;
    let mut shown = there;
    if !done.draft_kept && (is_other || is_new) {
        let json = serde_json::to_string(&wanted)?;
        store::drafts::replace(conn, row.id, draft.revision, &json, row.latest_version, by, *at)?;
        shown = wanted;
        if !is_new {
            done.change = Change::Changed;
        }
    }
    let tags = store::cards::tags(conn, row.id)?;
    index_card(conn, &row, &tags, &shown)?;
    let changed = !done.versions.is_empty() || !done.labels.is_empty() || done.cases == Change::Changed;
    if changed && done.change == Change::Unchanged {
        done.change = Change::Changed;
    }
    if changed {
        store::cards::touch(conn, row.id, *at)?;
    }
    if let Some(suite) = store::suites::get(conn, workspace, row.suite_id)? {
        done.case_count = suite.case_count;
    }
    Ok(done)
}
