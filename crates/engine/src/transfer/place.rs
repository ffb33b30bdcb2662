//! Writes what was planned, in steps that hold the writer for a few milliseconds each.

use std::ops::Range;
use std::sync::Arc;

use domain::audit::Entry;
use domain::ids::{InstanceId, WorkspaceId};
use store::{Conn, Store};

use super::incoming::{Drawn, Incoming};
use super::plan::{Plan, SuiteWork, There};
use super::suites::Rearranged;
use super::{Change, ImportedCards, check};
use crate::cards::{CardLabel, NewIds, index_card, insert_card};
use crate::error::{Conflict, Error};
use crate::idempotency::{self, Created, IdempotencyKey};

/// What one step writes at most, in bytes; small things count as more than they have.
const STEP: usize = 256 * 1024;
/// What a case, a version, a label and a card weigh beside their texts.
const CASE: usize = 512;
const VERSION: usize = 2 * 1024;
const LABEL: usize = 2 * 1024;
const CARD: usize = 8 * 1024;

/// Why an attempt to import does not go on.
pub(super) enum Halt {
    /// Something is not any more as it was when the plan was made.
    Moved,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

type Step<T> = std::result::Result<T, Halt>;

/// A plan that is being carried out.
#[derive(Clone)]
pub(super) struct Placing {
    pub store: Store,
    pub instance: InstanceId,
    pub workspace: WorkspaceId,
    pub incoming: Arc<Incoming>,
    pub drawn: Arc<Drawn>,
    pub plan: Arc<Plan>,
    /// What the audit log is to say of it.
    pub entry: Entry,
}

impl Placing {
    /// Writes all of it, and keeps in `imported` what was done.
    pub(super) async fn place(
        &self,
        imported: &mut ImportedCards,
        key: Option<IdempotencyKey>,
    ) -> Step<Created<ImportedCards>> {
        for (card, planned) in imported.cards.iter_mut().zip(&self.plan.cards) {
            card.case_count = planned.case_count;
            card.draft_kept = planned.there.as_ref().is_some_and(|there| there.draft_kept);
        }
        self.make_suites(imported).await?;
        self.make_cards(imported).await?;
        self.add_versions(imported).await?;
        self.rearrange_suites(imported).await?;
        self.settle_cards(imported).await?;
        self.end(imported.clone(), key).await
    }

    async fn step<T: Send + 'static>(
        &self,
        work: impl Fn(&Self, &mut Conn) -> Step<T> + Send + 'static,
    ) -> Step<T> {
        let this = self.clone();
        self.store.try_write(move |conn| work(&this, conn)).await
    }

    /// Makes the suites that are new, with their cases, where nobody sees them.
    async fn make_suites(&self, imported: &mut ImportedCards) -> Step<()> {
        let (import, instance, at) = (self.drawn.import, self.instance, self.drawn.stamp.at);
        self.step(move |_, conn| Ok(store::imports::begin(conn, import, instance, at)?)).await?;
        let mut pieces = Vec::new();
        for (index, suite) in self.incoming.suites.iter().enumerate() {
            if !matches!(self.plan.suites[index].work, SuiteWork::Create) {
                continue;
            }
            let cases = portions(suite.cases.len(), |case| CASE + suite.cases[case].len());
            pieces.extend(cases.into_iter().map(|cases| (index, cases)));
            imported.of_suite(&self.incoming, index, Change::Created);
        }
        let weight = |piece: usize| {
            let (suite, cases) = &pieces[piece];
            let cases = &self.incoming.suites[*suite].cases[cases.clone()];
            cases.iter().map(|case| CASE + case.len()).sum::<usize>() + CASE
        };
        for portion in portions(pieces.len(), weight) {
            let pieces = pieces[portion].to_vec();
            self.step(move |this, conn| {
                pieces.iter().try_for_each(|(suite, cases)| this.put_cases(conn, *suite, cases.clone()))
            })
            .await?;
        }
        Ok(())
    }

    fn put_cases(&self, conn: &mut Conn, index: usize, cases: Range<usize>) -> Step<()> {
        let (id, ids) = &self.drawn.suites[index];
        let suite = &self.incoming.suites[index];
        if cases.start == 0 {
            store::suites::insert(conn, *id, self.drawn.import, &suite.name, self.drawn.stamp.at)?;
        }
        let rows: Vec<_> =
            ids[cases.clone()].iter().copied().zip(suite.cases[cases].iter().cloned()).collect();
        if !rows.is_empty() {
            store::test_cases::append(conn, *id, &rows, self.drawn.stamp.at)?;
        }
        Ok(())
    }

    /// Makes the cards that are new, without versions: where nobody sees them, if all are.
    async fn make_cards(&self, imported: &mut ImportedCards) -> Step<()> {
        let new: Vec<usize> =
            (0..self.plan.cards.len()).filter(|card| self.plan.cards[*card].there.is_none()).collect();
        for portion in portions(new.len(), |card| self.card_weight(new[card])) {
            let cards = new[portion].to_vec();
            let made = cards.clone();
            self.step(move |this, conn| made.iter().try_for_each(|card| this.make_card(conn, *card))).await?;
            for card in cards {
                imported.cards[card].change.add(Change::Created);
            }
        }
        Ok(())
    }

    fn make_card(&self, conn: &mut Conn, index: usize) -> Step<()> {
        let (card, planned, at) = (&self.incoming.cards[index], &self.plan.cards[index], self.drawn.stamp.at);
        let into = if self.plan.is_all_new() { self.drawn.import } else { self.workspace };
        match card.suite {
            None => store::suites::insert(conn, planned.suite_id, into, &card.card.title, at)?,
            Some(suite) => self.bring_suite(conn, suite)?,
        }
        let new = check::surroundings(&card.card, Some(card.draft()));
        let ids = NewIds { card: planned.id, suite: planned.suite_id };
        insert_card(conn, into, ids, &new, &self.drawn.stamp).map_err(|error| match error {
            Error::Conflict { kind: Conflict::SlugTaken, .. } => Halt::Moved,
            error => Halt::Failed(error),
        })?;
        if card.card.archived {
            store::cards::set_archived(conn, planned.id, Some(at), at)?;
        }
        Ok(())
    }

    /// Moves a new suite to a card that is seen.
    fn bring_suite(&self, conn: &mut Conn, suite: usize) -> Step<()> {
        let planned = &self.plan.suites[suite];
        let stays_aside = self.plan.is_all_new() || !matches!(planned.work, SuiteWork::Create);
        if stays_aside || store::imports::bring(conn, planned.id, self.workspace)? {
            Ok(())
        } else {
            Err(Halt::Moved)
        }
    }

    /// Adds the versions, each after those that it includes.
    async fn add_versions(&self, imported: &mut ImportedCards) -> Step<()> {
        let order = &self.plan.order;
        let version = |at: usize| {
            let (card, position) = order[at];
            self.plan.cards[card].versions[position].new.as_ref()
        };
        let weight = |at| VERSION + version(at).map_or(0, |row| row.content.len());
        for portion in portions(order.len(), weight) {
            let some = portion.clone();
            self.step(move |this, conn| some.clone().try_for_each(|at| this.add_version(conn, at))).await?;
            for at in portion {
                let saved = version(at).map(|row| row.number);
                imported.cards[order[at].0].versions.extend(saved);
            }
        }
        Ok(())
    }

    fn add_version(&self, conn: &mut Conn, at: usize) -> Step<()> {
        let (card, position) = self.plan.order[at];
        let planned = &self.plan.cards[card];
        let Some(row) = &planned.versions[position].new else { return Ok(()) };
        if store::versions::latest(conn, planned.id)? + 1 != row.number {
            return Err(Halt::Moved);
        }
        Ok(store::versions::insert(conn, self.drawn.cards[card].versions[position], planned.id, row)?)
    }

    /// Brings the suites that are there to what the files say. One of many cases takes several steps, and has old and
    /// new ones meanwhile.
    async fn rearrange_suites(&self, imported: &mut ImportedCards) -> Step<()> {
        for (index, suite) in self.plan.suites.iter().enumerate() {
            let SuiteWork::Rearrange(wanted) = &suite.work else { continue };
            let mut last = wanted.last_position;
            let steps = portions(wanted.cases.len(), |case| CASE + weight_of(&wanted.cases[case]));
            for portion in steps {
                last =
                    self.step(move |this, conn| this.rearrange(conn, index, portion.clone(), last)).await?;
            }
            imported.of_suite(&self.incoming, index, Change::Changed);
        }
        Ok(())
    }

    /// Places some cases behind the last one, and after all of them ends it. Answers the position of the last.
    fn rearrange(&self, conn: &mut Conn, index: usize, cases: Range<usize>, last: i64) -> Step<i64> {
        let (suite, at) = (&self.plan.suites[index], self.drawn.stamp.at);
        let SuiteWork::Rearrange(wanted) = &suite.work else { return Ok(last) };
        let Rearranged { rename, last_position, after, cases: all } = wanted;
        let is_end = cases.end == all.len();
        let placed = store::test_cases::arrange(conn, suite.id, last, &all[cases], at)?;
        let Some(last) = placed else { return Err(Halt::Moved) };
        if is_end {
            store::test_cases::clear(conn, suite.id, *after, *last_position, at)?;
            let name = &self.incoming.suites[index].name;
            if let Some(revision) = rename
                && !store::suites::rename(conn, suite.id, *revision, name, at)?
            {
                return Err(Halt::Moved);
            }
        }
        Ok(last)
    }

    /// Moves the labels, writes the drafts, and brings what surrounds them to what the files say.
    async fn settle_cards(&self, imported: &mut ImportedCards) -> Step<()> {
        for portion in portions(self.plan.cards.len(), |card| self.card_weight(card)) {
            let some = portion.clone();
            let settled = self.step(move |this, conn| {
                some.clone().map(|card| this.settle(conn, card)).collect::<Step<Vec<_>>>()
            });
            for (card, (labels, changed)) in imported.cards[portion].iter_mut().zip(settled.await?) {
                card.labels.retain(|known| labels.iter().all(|label| label.name != known.name));
                card.labels.extend(labels);
                let other = changed || !card.versions.is_empty() || !card.labels.is_empty();
                if other || card.cases == Change::Changed {
                    card.change.add(Change::Changed);
                }
            }
        }
        Ok(())
    }

    /// Settles one card. Answers the labels that were moved, and whether anything else was changed.
    fn settle(&self, conn: &mut Conn, index: usize) -> Step<(Vec<CardLabel>, bool)> {
        let (incoming, planned) = (&self.incoming.cards[index], &self.plan.cards[index]);
        let (by, at) = (&self.drawn.stamp.by, self.drawn.stamp.at);
        let mut moved = Vec::new();
        for ((name, position), id) in incoming.card.labels.iter().zip(&self.drawn.cards[index].moves) {
            let version =
                usize::try_from(position - 1).ok().and_then(|position| planned.versions.get(position));
            let Some(version) = version.map(|version| version.number) else { continue };
            if store::labels::get(conn, planned.id, name)?.is_none_or(|label| label.version != version) {
                store::labels::set(conn, id, planned.id, name, Some(version), by, at)?;
                moved.push(CardLabel { name: name.clone(), version });
            }
        }
        let suite = incoming.suite.map(|suite| &self.plan.suites[suite].work);
        let has_other_cases = matches!(suite, Some(SuiteWork::Rearrange(_)));
        let changed = match &planned.there {
            Some(there) => self.bring_to(conn, index, there)?,
            None if planned.latest > 0 => {
                let revision = store::drafts::get(conn, planned.id)?.revision;
                self.write_draft(conn, index, revision)?;
                false
            }
            None => false,
        };
        if !moved.is_empty()
            || !planned.versions.iter().all(|version| version.new.is_none())
            || has_other_cases
        {
            store::cards::touch(conn, planned.id, at)?;
        }
        Ok((moved, changed))
    }

    /// Brings a card that was there to what the file says. Whether that was anything.
    fn bring_to(&self, conn: &mut Conn, index: usize, there: &There) -> Step<bool> {
        let (incoming, planned, at) =
            (&self.incoming.cards[index], &self.plan.cards[index], self.drawn.stamp.at);
        let (mut row, revision) = (&there.row, there.row.revision);
        if let Some((wanted, tags)) = &there.surroundings {
            if let Some(suite) = incoming.suite {
                self.bring_suite(conn, suite)?;
            }
            if !store::cards::update(conn, wanted, revision, at)? {
                return Err(Halt::Moved);
            }
            store::cards::set_tags(conn, planned.id, tags)?;
            row = wanted;
        }
        let archived = incoming.card.archived;
        let is_other_side = row.archived_at.is_some() != archived;
        if is_other_side {
            store::cards::set_archived(conn, planned.id, archived.then_some(at), at)?;
        }
        if let Some(revision) = there.replaced_draft {
            self.write_draft(conn, index, revision)?;
        }
        let is_found_otherwise = there.surroundings.is_some() || there.replaced_draft.is_some();
        if is_found_otherwise {
            let tags = store::cards::tags(conn, planned.id)?;
            let shown = serde_json::from_str(&store::drafts::get(conn, planned.id)?.content)?;
            index_card(conn, row, &tags, &shown)?;
        }
        Ok(is_found_otherwise || is_other_side)
    }

    fn write_draft(&self, conn: &mut Conn, index: usize, revision: i64) -> Step<()> {
        let (incoming, planned) = (&self.incoming.cards[index], &self.plan.cards[index]);
        let content = serde_json::to_string(&incoming.draft())?;
        let (card, latest) = (planned.id, planned.latest);
        let (by, at) = (&self.drawn.stamp.by, self.drawn.stamp.at);
        let is_there = store::drafts::replace(conn, card, revision, &content, latest, by, at)?;
        if is_there { Ok(()) } else { Err(Halt::Moved) }
    }

    /// Lets all that is new be seen, and keeps the answer under the key of the request.
    async fn end(
        &self,
        imported: ImportedCards,
        key: Option<IdempotencyKey>,
    ) -> Step<Created<ImportedCards>> {
        self.step(move |this, conn| {
            let (import, instance) = (this.drawn.import, this.instance);
            let is_new = this.plan.is_all_new();
            let answer = idempotency::once(conn, key.as_ref(), this.drawn.stamp.at, |conn| {
                let published = !is_new || store::imports::publish(conn, import, instance, this.workspace)?;
                if published {
                    let slugs: Vec<&str> = imported.cards.iter().map(|card| card.slug.as_str()).collect();
                    store::audit::append(conn, &this.entry.clone().with("cards", slugs))?;
                }
                Ok(published.then(|| imported.clone()))
            })?;
            match answer.value {
                Some(value) => Ok(Created { value, replayed: answer.replayed }),
                None => Err(Halt::Moved),
            }
        })
        .await
    }

    fn card_weight(&self, index: usize) -> usize {
        let card = &self.incoming.cards[index];
        let draft = card.draft().messages.iter().map(|message| message.joined_text().len()).sum::<usize>();
        CARD + card.card.labels.len() * LABEL + 4 * draft
    }
}

fn weight_of(case: &store::test_cases::Arranged) -> usize {
    use store::test_cases::Arranged;
    match case {
        Arranged::Kept(_) => 0,
        Arranged::Changed(_, content) | Arranged::New(_, content) => content.len(),
    }
}

/// Divides so many things, in their order, into portions for one step each. Nothing is one empty portion.
fn portions(count: usize, weight: impl Fn(usize) -> usize) -> Vec<Range<usize>> {
    let mut portions = Vec::new();
    let (mut start, mut sum) = (0, 0);
    for index in 0..count {
        let more = weight(index);
        if index > start && sum + more > STEP {
            portions.push(start..index);
            (start, sum) = (index, 0);
        }
        sum += more;
    }
    if start < count || count == 0 {
        portions.push(start..count);
    }
    portions
}
