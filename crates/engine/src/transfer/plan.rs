//! What an import comes to: found out whole, on one state of the store, before anything is written.

use std::collections::BTreeSet;

use domain::card::{CardContent, PinnedInclude};
use domain::ids::{CardId, SuiteId, WorkspaceId};
use domain::template::{Lookup, Wanted};
use store::Conn;
use store::cards::CardRow;
use store::versions::VersionRow;

use super::incoming::{Drawn, Incoming, IncomingCard, IncomingVersion, without_pins};
use super::suites::{self, Rearranged};
use crate::cards::{look_up_include, pin_includes, version_row};
use crate::error::{Conflict, Error, Result};
use crate::stamp::Stamp;

/// What is to be done.
pub(super) struct Plan {
    /// As many as the files have, in their order.
    pub suites: Vec<PlannedSuite>,
    /// The same of the cards.
    pub cards: Vec<PlannedCard>,
    /// The versions to be saved, each as card and position in the file, after those that it includes.
    pub order: Vec<(usize, usize)>,
}

/// A suite, and what is to become of it.
pub(super) struct PlannedSuite {
    pub id: SuiteId,
    pub work: SuiteWork,
}

pub(super) enum SuiteWork {
    Create,
    Rearrange(Rearranged),
    Keep,
}

/// A card, and what is to become of it.
pub(super) struct PlannedCard {
    pub id: CardId,
    pub suite_id: SuiteId,
    /// How many cases its suite will have.
    pub case_count: i64,
    pub there: Option<There>,
    /// The versions of the file, as they are here.
    pub versions: Vec<PlannedVersion>,
    /// Number of the last of them that is saved, or of the last that the card had.
    pub latest: i64,
}

/// A version of the file, here.
pub(super) struct PlannedVersion {
    pub number: i64,
    /// None: the card has it already.
    pub new: Option<VersionRow>,
}

/// A card that is there.
pub(super) struct There {
    pub row: CardRow,
    /// The row and the tags that it is to have, where they differ.
    pub surroundings: Option<(CardRow, Vec<String>)>,
    /// Its versions, newest first.
    before: Vec<VersionRow>,
    /// The numbers of those that a version of the file is.
    matched: BTreeSet<i64>,
    /// The revision of the draft that is to be replaced.
    pub replaced_draft: Option<i64>,
    /// Whether the draft has changes that were never saved, and stays.
    pub draft_kept: bool,
}

impl Plan {
    /// Makes the plan, or says why nothing can be imported.
    pub(super) fn make(
        conn: &mut Conn,
        workspace: WorkspaceId,
        incoming: &Incoming,
        drawn: &Drawn,
        replace: bool,
    ) -> Result<Self> {
        let mut rows = Vec::with_capacity(incoming.cards.len());
        for card in &incoming.cards {
            rows.push(store::cards::find(conn, workspace, &card.card.slug)?);
        }
        if !replace {
            refuse_those_there(&rows)?;
        }
        let mut planned = Vec::with_capacity(incoming.suites.len());
        for (index, (suite, (new, cases))) in incoming.suites.iter().zip(&drawn.suites).enumerate() {
            planned.push(match suite_of(conn, incoming, &rows, index)? {
                None => PlannedSuite { id: *new, work: SuiteWork::Create },
                Some(id) => {
                    let work = suites::compare(conn, workspace, id, suite, cases)?;
                    PlannedSuite { id, work: work.map_or(SuiteWork::Keep, SuiteWork::Rearrange) }
                }
            });
        }
        let mut plan = Self { suites: planned, cards: Vec::with_capacity(rows.len()), order: Vec::new() };
        for (index, row) in rows.into_iter().enumerate() {
            let card = plan.card(conn, workspace, incoming, drawn, index, row)?;
            plan.cards.push(card);
        }
        plan.versions(conn, workspace, incoming, &drawn.stamp)?;
        Ok(plan)
    }

    /// Whether all cards are new. Then nobody sees any of them before all are there.
    pub(super) fn is_all_new(&self) -> bool {
        self.cards.iter().all(|card| card.there.is_none())
    }

    fn card(
        &self,
        conn: &mut Conn,
        workspace: WorkspaceId,
        incoming: &Incoming,
        drawn: &Drawn,
        index: usize,
        row: Option<CardRow>,
    ) -> Result<PlannedCard> {
        let card = &incoming.cards[index];
        let new = drawn.cards[index].new;
        let suite = card.suite.map(|suite| (self.suites[suite].id, incoming.suites[suite].cases.len()));
        let there =
            row.as_ref().map(|row| There::of(conn, row, card, suite.map(|(id, _)| id))).transpose()?;
        let suite_id = suite.map(|(id, _)| id).or(row.as_ref().map(|row| row.suite_id)).unwrap_or(new.suite);
        let case_count = match suite {
            Some((_, cases)) => i64::try_from(cases).unwrap_or(i64::MAX),
            None => store::suites::get(conn, workspace, suite_id)?.map_or(0, |suite| suite.case_count),
        };
        Ok(PlannedCard {
            id: row.as_ref().map_or(new.card, |row| row.id),
            suite_id,
            case_count,
            there,
            versions: Vec::with_capacity(card.versions.len()),
            latest: row.map_or(0, |row| row.latest_version),
        })
    }

    /// Numbers the versions of all cards, each after those that it includes: their numbers here may be other ones.
    fn versions(
        &mut self,
        conn: &mut Conn,
        workspace: WorkspaceId,
        incoming: &Incoming,
        stamp: &Stamp,
    ) -> Result<()> {
        loop {
            let (mut went_on, mut waiting) = (false, None);
            for (index, card) in incoming.cards.iter().enumerate() {
                while let Some(version) = card.versions.get(self.cards[index].versions.len()) {
                    if self.waits(version, incoming, index) {
                        waiting.get_or_insert(index);
                        break;
                    }
                    self.version(conn, workspace, incoming, index, stamp)?;
                    went_on = true;
                }
            }
            match waiting {
                None => return Ok(()),
                Some(_) if went_on => {}
                Some(index) => {
                    let inside = format!(".versions[{}]", self.cards[index].versions.len());
                    let place = &incoming.cards[index].place;
                    return Err(place.problem(&inside, "includes a card that includes it."));
                }
            }
        }
    }

    /// Whether a version includes one that has no number yet.
    fn waits(&self, version: &IncomingVersion, incoming: &Incoming, own: usize) -> bool {
        version.includes.iter().any(|include| {
            let (Some(card), Some(number)) = (include.card, include.version) else { return false };
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            card != own
                && number <= incoming.cards[card].versions.len()
                && number > self.cards[card].versions.len()
        })
    }

    /// Finds the next version of a card here, or gives it the next number.
    fn version(
        &mut self,
        conn: &mut Conn,
        workspace: WorkspaceId,
        incoming: &Incoming,
        index: usize,
        stamp: &Stamp,
    ) -> Result<()> {
        let card = &incoming.cards[index];
        let position = self.cards[index].versions.len();
        let version = &card.versions[position];
        let inside = format!(".versions[{position}].content");
        let mut content = without_pins(&version.content);
        for include in &version.includes {
            let Some(number) = include.version else { continue };
            let here = match include.card {
                None => Some(number),
                Some(card) => usize::try_from(number - 1)
                    .ok()
                    .and_then(|at| self.cards[card].versions.get(at))
                    .map(|version| version.number),
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
        let look_up = |slug: &str, wanted: Wanted<'_>| self.look_up(conn, workspace, incoming, slug, wanted);
        let content = pin_includes(&card.card.slug, content, look_up)
            .map_err(|error| card.place.explain(&inside, error))?;
        let planned = &mut self.cards[index];
        let new = version_row(planned.latest + 1, &content, &version.message, stamp)?;
        let is_last = position + 1 == card.versions.len();
        let found =
            planned.there.as_mut().and_then(|there| there.find(&new.content, is_last, planned.latest));
        let version = if let Some(number) = found {
            PlannedVersion { number, new: None }
        } else {
            self.order.push((index, position));
            planned.latest = new.number;
            PlannedVersion { number: new.number, new: Some(new) }
        };
        planned.versions.push(version);
        Ok(())
    }

    /// What will be there of a card that is taken in.
    fn look_up(
        &self,
        conn: &mut Conn,
        workspace: WorkspaceId,
        incoming: &Incoming,
        slug: &str,
        wanted: Wanted<'_>,
    ) -> Result<Lookup> {
        let Some(&index) = incoming.by_slug.get(slug) else {
            return look_up_include(conn, workspace, slug, wanted);
        };
        let card = &self.cards[index];
        let label = match (wanted, &card.there) {
            (Wanted::Version(number), _) => Some(number),
            (Wanted::Label(_), _) if incoming.cards[index].card.archived => return Ok(Lookup::Archived),
            (Wanted::Label(label), Some(there)) => {
                store::labels::get(conn, there.row.id, label)?.map(|label| label.version)
            }
            (Wanted::Label(_), None) => None,
        };
        let found = label.and_then(|number| card.content(number));
        Ok(match (label, found) {
            (Some(version), Some(content)) => {
                Lookup::Found { version, content: Box::new(serde_json::from_str(content)?) }
            }
            _ => Lookup::Unknown,
        })
    }
}

impl PlannedCard {
    /// What the version of a number contains, as JSON.
    fn content(&self, number: i64) -> Option<&str> {
        let new = self.versions.iter().filter_map(|version| version.new.as_ref());
        let before = self.there.iter().flat_map(|there| &there.before);
        new.chain(before).find(|version| version.number == number).map(|version| version.content.as_str())
    }
}

impl There {
    fn of(conn: &mut Conn, row: &CardRow, incoming: &IncomingCard, suite: Option<SuiteId>) -> Result<Self> {
        let card = &incoming.card;
        let wanted = CardRow {
            title: card.title.clone(),
            description: card.description.clone(),
            folder: card.folder.clone(),
            suite_id: suite.unwrap_or(row.suite_id),
            ..row.clone()
        };
        let surroundings =
            |row: &CardRow| (row.title.clone(), row.description.clone(), row.folder.clone(), row.suite_id);
        let mut tags = card.tags.clone();
        tags.sort_unstable();
        tags.dedup();
        let differs = surroundings(&wanted) != surroundings(row) || store::cards::tags(conn, row.id)? != tags;
        let before = store::versions::list(conn, row.id, i64::MAX, i64::MAX)?;
        let draft = store::drafts::get(conn, row.id)?;
        let content: CardContent = serde_json::from_str(&draft.content)?;
        let is_other = without_pins(&content) != without_pins(&incoming.draft());
        let is_saved = is_other && was_saved(&content, &before)?;
        Ok(Self {
            row: row.clone(),
            surroundings: differs.then_some((wanted, tags)),
            before,
            matched: BTreeSet::new(),
            replaced_draft: (is_other && is_saved).then_some(draft.revision),
            draft_kept: is_other && !is_saved,
        })
    }

    /// The number of a version of this content. The last one of the file must be the latest here too.
    fn find(&mut self, content: &str, is_last: bool, latest: i64) -> Option<i64> {
        let found = self
            .before
            .iter()
            .rev()
            .filter(|known| !is_last || known.number == latest)
            .find(|known| known.content == content && !self.matched.contains(&known.number))?;
        self.matched.insert(found.number);
        Some(found.number)
    }
}

/// Whether a draft is one of these versions, so that nothing is lost with it.
fn was_saved(draft: &CardContent, versions: &[VersionRow]) -> Result<bool> {
    for version in versions {
        let saved: CardContent = serde_json::from_str(&version.content)?;
        if without_pins(&saved) == without_pins(draft) {
            return Ok(true);
        }
    }
    Ok(false)
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
) -> Result<Option<SuiteId>> {
    let users: Vec<_> =
        incoming.cards.iter().zip(there).filter(|(card, _)| card.suite == Some(suite)).collect();
    let Some(first) = users.iter().find_map(|(_, row)| row.as_ref()) else { return Ok(None) };
    let others = store::cards::of_suite(conn, first.suite_id)?;
    let all_named = others.iter().all(|slug| users.iter().any(|(card, _)| card.card.slug == *slug));
    Ok(all_named.then_some(first.suite_id))
}
