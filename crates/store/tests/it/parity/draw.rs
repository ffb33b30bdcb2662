//! How operations are drawn.

use std::fmt;

use domain::run::RunState;
use domain::verdict::Verdict;
use proptest::prelude::*;

use super::operation::{Operation, Text};

/// Names that meet each other again: alike but for case, accents, normal form and what sorts before or after.
const NAMES: [&str; 18] = [
    "", "a", "A", "b", "aa", "a/b", "a/", "a0", "a/B/c", "z", "Z", "é", "e\u{301}", "ß", "ﬀ", "日本", "a b",
    "💡",
];

/// Texts that databases are known to trip over.
const TEXTS: [&str; 16] = [
    "",
    "Résumé of the naïve",
    "resume",
    "ΟΔΟΣ οδος οδοσ",
    "İstanbul ıI",
    "Straße ﬁne",
    "%_'\"\\; -- \n\t",
    "ⓐⓑ Ⅷ ½ x²",
    "हिन्दी ไทย 日本語",
    "\u{1F469}\u{200D}\u{1F4BB} ok",
    "\u{FEFF}\u{FFFF}\u{10FFFF}",
    "nul\u{0}nul",
    "Ꭰꭰ Ა ა",
    "a_b-c a.b",
    "ǅ ǆ ŉ",
    "null true 0 -1",
];

/// What is looked at when a history has come to its end: all that there is, and what is found by the beginnings of
/// words.
pub(super) fn look() -> Vec<Operation> {
    use Operation as O;
    let mut look = vec![O::Facets, O::ListSuites { limit: 3 }, O::Providers, O::Overview];
    look.extend((0..3).flat_map(|pick| [O::Card { card: pick }, O::Run { run: pick }]));
    look.extend(TEXTS.into_iter().filter(|text| !text.contains('\0')).map(|text| {
        let search = Some(Text(text.trim_start().chars().take(2).collect()));
        O::ListCards { search, folder: None, tag: None, label: None, archived: false, limit: 2 }
    }));
    look
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        8 => prop::sample::select(&TEXTS[..]).prop_map(|text| Text(text.to_owned())),
        2 => "\\PC{0,12}".prop_map(Text),
        1 => any::<String>().prop_map(Text),
        1 => (1_usize..60_000).prop_map(|count| Text("long ".repeat(count))),
        1 => (1_usize..30_000).prop_map(|count| {
            Text((0..count).map(|number| format!("w{number:05}")).collect::<Vec<_>>().join(" "))
        }),
    ]
}

fn name() -> impl Strategy<Value = Text> {
    prop_oneof![
        12 => prop::sample::select(&NAMES[..]).prop_map(|name| Text(name.to_owned())),
        1 => "\\PC{0,4}".prop_map(Text),
        1 => Just(Text("nul\u{0}".to_owned())),
    ]
}

/// What somebody looks for: mostly a beginning of what there is.
fn search() -> impl Strategy<Value = Text> {
    let beginning =
        (prop::sample::select(&TEXTS[..]), any::<prop::sample::Index>()).prop_map(|(text, index)| {
            let words: Vec<&str> = text.split(' ').collect();
            let word = words[index.index(words.len())];
            Text(word.chars().take(1 + index.index(6)).collect())
        });
    prop_oneof![4 => beginning, 1 => text(), 1 => Just(Text("long w0000".to_owned()))]
}

fn few<T: fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(of, 0..4)
}

fn optional<T: fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.4, of)
}

fn verdict() -> impl Strategy<Value = Option<Verdict>> {
    let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::Error, Verdict::Error, Verdict::Invalid];
    prop::option::weighted(0.8, prop::sample::select(verdicts.to_vec()))
}

fn state() -> impl Strategy<Value = RunState> {
    use RunState::{Cancelled, Finished, Paused, Preparing, Queued, Removing, Running};
    prop::sample::select(vec![Preparing, Queued, Running, Paused, Cancelled, Finished, Removing])
}

/// One operation: as often as they happen, more or less.
pub(super) fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![5 => of_cards(), 2 => of_cases(), 2 => of_others(), 4 => before_a_run(), 7 => of_cells(), 5 => of_runs()]
}

fn of_cards() -> impl Strategy<Value = Operation> {
    use Operation as O;
    let pick = any::<u8>;
    let limit = || 1..4_i64;
    prop_oneof![
        3 => (name(), text(), name()).prop_map(|(slug, title, folder)| O::NewCard { slug, title, folder }),
        1 => (pick(), 0..4_i64, name(), text(), name())
            .prop_map(|(card, revision, slug, title, folder)| O::UpdateCard { card, revision, slug, title, folder }),
        1 => (pick(), any::<bool>()).prop_map(|(card, archived)| O::Archive { card, archived }),
        1 => (pick(), few(name())).prop_map(|(card, tags)| O::Tags { card, tags }),
        2 => (pick(), text(), few(name()), text())
            .prop_map(|(card, title, tags, template)| O::Index { card, title, tags, template }),
        1 => (pick(), 0..4_i64, text()).prop_map(|(card, revision, content)| O::Draft { card, revision, content }),
        1 => (pick(), 0..4_i64, text()).prop_map(|(card, number, content)| O::Version { card, number, content }),
        2 => (pick(), name(), optional(1..4_i64)).prop_map(|(card, name, version)| O::Label { card, name, version }),
        1 => pick().prop_map(|card| O::Card { card }),
        1 => name().prop_map(|slug| O::FindCard { slug }),
        1 => (pick(), name(), limit()).prop_map(|(card, name, limit)| O::LabelHistory { card, name, limit }),
        2 => (optional(search()), optional(name()), optional(name()), optional(name()), any::<bool>(), limit())
            .prop_map(|(search, folder, tag, label, archived, limit)| {
                O::ListCards { search, folder, tag, label, archived, limit }
            }),
        2 => search().prop_map(|search| {
            O::ListCards { search: Some(search), folder: None, tag: None, label: None, archived: false, limit: 2 }
        }),
        1 => Just(O::Facets),
    ]
}

fn of_cases() -> impl Strategy<Value = Operation> {
    use Operation as O;
    let pick = any::<u8>;
    prop_oneof![
        3 => (pick(), few(text())).prop_map(|(suite, contents)| O::AddCases { suite, contents }),
        1 => (pick(), 0..4_i64, text()).prop_map(|(case, revision, content)| O::EditCase { case, revision, content }),
        2 => (pick(), 0..4_i64).prop_map(|(case, revision)| O::DeleteCase { case, revision }),
        1 => pick().prop_map(|case| O::RestoreCase { case }),
        1 => (pick(), -1..4_i64, 1..4_i64).prop_map(|(suite, after, limit)| O::ListCases { suite, after, limit }),
        1 => (pick(), 0..4_i64, text()).prop_map(|(suite, revision, name)| O::RenameSuite { suite, revision, name }),
        1 => (1..4_i64).prop_map(|limit| O::ListSuites { limit }),
    ]
}

fn of_others() -> impl Strategy<Value = Operation> {
    use Operation as O;
    prop_oneof![
        1 => (name(), text(), optional(text()), few(name()))
            .prop_map(|(name, kind, url, models)| O::Provider { name, kind, url, models }),
        1 => Just(O::Providers),
        2 => (name(), text(), optional(text())).prop_map(|(name, url, key)| O::SaveProvider { name, url, key }),
        1 => (any::<u8>(), 1..3_i64, text())
            .prop_map(|(provider, revision, url)| O::EditProvider { provider, revision, url }),
        1 => any::<u8>().prop_map(|provider| O::RemoveProvider { provider }),
        1 => name().prop_map(|endpoint| O::Endpoint { endpoint }),
        1 => name().prop_map(|endpoint| O::RemoveEndpoint { endpoint }),
        1 => (name(), 1..4_i64).prop_map(|(endpoint, calls)| O::Contact { endpoint, calls }),
        3 => (any::<u8>(), any::<bool>(), optional(name()), 0..30_i64)
            .prop_map(|(pick, run, secret, lasts)| O::Share { pick, run, secret, lasts }),
        1 => Just(O::Demote),
        1 => any::<u8>().prop_map(|share| O::Unshare { share }),
        1 => Just(O::ForgetShares),
        2 => (any::<u8>(), name()).prop_map(|(share, secret)| O::Shared { share, secret }),
        2 => (name(), name(), text()).prop_map(|(scope, key, body)| O::KeepAnswer { scope, key, body }),
        1 => (name(), name()).prop_map(|(scope, key)| O::FindAnswer { scope, key }),
        1 => (0..70_i64).prop_map(|before| O::ForgetAnswers { before }),
    ]
}

fn before_a_run() -> impl Strategy<Value = Operation> {
    use Operation as O;
    let pick = any::<u8>;
    let prepare = (pick(), pick(), 1..3_u8, 0..5_u8, 1..3_u8, optional(name()), text(), pick()).prop_map(
        |(suite, card, models, cases, repeats, scope, text, instance)| O::Prepare {
            suite,
            card,
            models,
            cases,
            repeats,
            scope,
            text,
            instance,
        },
    );
    prop_oneof![
        3 => prepare,
        4 => pick().prop_map(|run| O::Publish { run }),
        1 => pick().prop_map(|run| O::Discard { run }),
        1 => Just(O::DiscardAbandoned),
        3 => pick().prop_map(|run| O::Begin { run }),
    ]
}

fn of_cells() -> impl Strategy<Value = Operation> {
    use Operation as O;
    let pick = any::<u8>;
    let place = || -1..12_i64;
    let limit = || 0..6_i64;
    prop_oneof![
        4 => (pick(), place(), place(), limit(), pick())
            .prop_map(|(run, from, to, limit, worker)| O::Claim { run, from, to, limit, worker }),
        1 => (pick(), 0..99_i64).prop_map(|(worker, until)| O::Renew { worker, until }),
        1 => pick().prop_map(|cells| O::Release { cells }),
        1 => (0..99_i64).prop_map(|now| O::ReleaseExpired { now }),
        1 => pick().prop_map(|worker| O::ReleaseDead { worker }),
        6 => (pick(), pick(), verdict(), text(), 1..3_i64, any::<bool>())
            .prop_map(|(run, cells, verdict, text, attempts, cached)| {
                O::Store { run, cells, verdict, text, attempts, cached }
            }),
        2 => (pick(), place(), 1..6_i64).prop_map(|(run, from, limit)| O::CancelCells { run, from, limit }),
        2 => (pick(), place(), limit()).prop_map(|(run, from, limit)| O::Retry { run, from, limit }),
        1 => (pick(), verdict(), place(), limit())
            .prop_map(|(run, verdict, after, limit)| O::Cells { run, verdict, after, limit }),
        1 => (pick(), place(), limit()).prop_map(|(run, after, limit)| O::Events { run, after, limit }),
    ]
}

fn of_runs() -> impl Strategy<Value = Operation> {
    use Operation as O;
    let pick = any::<u8>;
    prop_oneof![
        3 => (pick(), state()).prop_map(|(run, to)| O::Change { run, to }),
        1 => pick().prop_map(|run| O::Finish { run }),
        1 => pick().prop_map(|run| O::Reopen { run }),
        1 => pick().prop_map(|run| O::Run { run }),
        2 => (optional(pick()), optional(state()), optional(pick()), 1..4_i64)
            .prop_map(|(card, state, before, limit)| O::ListRuns { card, state, before, limit }),
        1 => Just(O::Overview),
        1 => (pick(), any::<bool>()).prop_map(|(run, kept)| O::Keep { run, kept }),
        1 => pick().prop_map(|run| O::Mark { run }),
        1 => (0..70_i64).prop_map(|before| O::MarkOld { before }),
        1 => (0..2_000_i64).prop_map(|most| O::MarkExcess { most }),
        3 => Just(O::RemovalStep),
        1 => (name(), pick(), 1..4_i64).prop_map(|(scope, run, limit)| O::Answers { scope, run, limit }),
        1 => (name(), name()).prop_map(|(provider, model)| O::ModelHistory { provider, model }),
    ]
}
