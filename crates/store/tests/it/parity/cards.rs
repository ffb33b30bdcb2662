//! What is done with cards.

use domain::ids::CardId;
use store::card_lists::CardFilter;
use store::cards::CardRow;
use store::versions::VersionRow;
use store::{Conn, Result, card_lists, card_search, cards, drafts, labels, suites, versions};

use super::operation::{Operation, Text};
use super::perform::{at, told};
use super::world::{World, id, pick, workspace};

/// None: it is another operation, or there is no card.
pub(super) fn perform(
    conn: &mut Conn,
    world: &mut World,
    operation: &Operation,
    step: usize,
) -> Result<Option<String>> {
    match operation {
        Operation::NewCard { slug, title, folder } => {
            let row = row(step, [slug, title, folder]);
            suites::insert(conn, row.suite_id, workspace(), &row.title, at(step))?;
            let inserted = cards::insert(conn, workspace(), &row)?;
            world.suites.push(row.suite_id);
            if inserted {
                drafts::insert(conn, row.id, &title.0, "local", at(step))?;
                card_search::index(conn, &row, &[], "")?;
                world.cards.push(row.id);
            }
            Ok(Some(told(inserted)))
        }
        Operation::FindCard { slug } => {
            let (card, listed) =
                (cards::find(conn, workspace(), &slug.0)?, card_lists::find(conn, workspace(), &slug.0)?);
            Ok(Some(told((card, listed))))
        }
        Operation::ListCards { search, folder, tag, label, archived, limit } => {
            let text = |text: &Option<Text>| text.as_ref().map(|Text(text)| text.clone());
            let filter = CardFilter {
                search: text(search),
                folder: text(folder),
                tag: text(tag),
                label: text(label),
                archived: *archived,
                before: None,
                limit: *limit,
            };
            Ok(Some(told(pages(conn, filter)?)))
        }
        Operation::Facets => Ok(Some(told(card_lists::facets(conn, workspace())?))),
        _ => of_one(conn, world, operation, step),
    }
}

/// Every page of a list, by its cursor.
fn pages(conn: &mut Conn, mut filter: CardFilter) -> Result<Vec<Vec<card_lists::ListedCard>>> {
    let mut pages = Vec::new();
    loop {
        let page = card_lists::list(conn, workspace(), &filter)?;
        let Some(last) = page.last() else { return Ok(pages) };
        filter.before = Some((last.card.updated_at, last.card.id));
        pages.push(page);
    }
}

fn of_one(conn: &mut Conn, world: &World, operation: &Operation, step: usize) -> Result<Option<String>> {
    let at = at(step);
    let (Operation::UpdateCard { card, .. }
    | Operation::Archive { card, .. }
    | Operation::Tags { card, .. }
    | Operation::Index { card, .. }
    | Operation::Draft { card, .. }
    | Operation::Version { card, .. }
    | Operation::Label { card, .. }
    | Operation::Card { card }
    | Operation::LabelHistory { card, .. }) = operation
    else {
        return Ok(None);
    };
    let Some(card) = pick(&world.cards, *card) else { return Ok(None) };
    Ok(Some(match operation {
        Operation::UpdateCard { revision, slug, title, folder, .. } => {
            let suite_id = pick(&world.suites, 0).unwrap_or(id(0, 0));
            let changed = CardRow { id: card, suite_id, ..row(step, [slug, title, folder]) };
            told(cards::update(conn, &changed, *revision, at)?)
        }
        Operation::Archive { archived, .. } => {
            told(cards::set_archived(conn, card, archived.then_some(at), at)?)
        }
        Operation::Tags { tags, .. } => {
            let tags: Vec<String> = tags.iter().map(|Text(tag)| tag.clone()).collect();
            cards::set_tags(conn, card, &tags)?;
            cards::touch(conn, card, at)?;
            told(cards::tags(conn, card)?)
        }
        Operation::Index { title, tags, template, .. } => {
            let tags: Vec<String> = tags.iter().map(|Text(tag)| tag.clone()).collect();
            let found = CardRow { id: card, ..row(step, [&Text(String::new()), title, title]) };
            told(card_search::index(conn, &found, &tags, &template.0)?)
        }
        Operation::Draft { revision, content, .. } => {
            let replaced = drafts::replace(conn, card, *revision, &content.0, *revision, "local", at)?;
            told((replaced, drafts::get(conn, card)?))
        }
        Operation::Version { number, content, .. } => {
            let version = VersionRow {
                number: *number,
                message: content.0.chars().take(9).collect(),
                author: "local".to_owned(),
                created_at: at,
                content_hash: "hash".to_owned(),
                content: content.0.clone(),
            };
            told(versions::insert(conn, id(step, 0), card, &version)?)
        }
        Operation::Label { name, version, .. } => {
            let move_id = id::<CardId>(step, 0).to_string();
            labels::set(conn, &move_id, card, &name.0, *version, "local", at)?;
            told(labels::get(conn, card, &name.0)?)
        }
        Operation::LabelHistory { name, limit, .. } => {
            let mut moves = labels::history(conn, card, &name.0, None, *limit)?;
            let before = moves.last().map(|last| last.id.clone());
            moves.extend(labels::history(conn, card, &name.0, before.as_deref(), *limit)?);
            told(moves)
        }
        _ => {
            let page = versions::list(conn, card, i64::MAX, 2)?;
            let rest = versions::list(conn, card, page.last().map_or(0, |last| last.number), 9)?;
            told((
                drafts::get(conn, card)?,
                cards::tags(conn, card)?,
                labels::of_card(conn, card)?,
                (page, rest, versions::get(conn, card, 1)?),
            ))
        }
    }))
}

fn row(step: usize, [slug, title, folder]: [&Text; 3]) -> CardRow {
    CardRow {
        id: id(step, 1),
        slug: slug.0.clone(),
        title: title.0.clone(),
        description: title.0.chars().rev().take(20).collect(),
        folder: folder.0.clone(),
        suite_id: id(step, 2),
        latest_version: 0,
        revision: 1,
        archived_at: None,
        created_at: at(step),
        updated_at: at(step),
    }
}
