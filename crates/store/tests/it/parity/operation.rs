//! The operations.

use std::fmt;

use domain::run::RunState;
use domain::verdict::Verdict;

/// One thing that the engine asks of the store. A `u8` picks one of the things that are there.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    NewCard {
        slug: Text,
        title: Text,
        folder: Text,
    },
    UpdateCard {
        card: u8,
        revision: i64,
        slug: Text,
        title: Text,
        folder: Text,
    },
    Archive {
        card: u8,
        archived: bool,
    },
    Tags {
        card: u8,
        tags: Vec<Text>,
    },
    Index {
        card: u8,
        title: Text,
        tags: Vec<Text>,
        template: Text,
    },
    Draft {
        card: u8,
        revision: i64,
        content: Text,
    },
    Version {
        card: u8,
        number: i64,
        content: Text,
    },
    Label {
        card: u8,
        name: Text,
        version: Option<i64>,
    },
    Card {
        card: u8,
    },
    FindCard {
        slug: Text,
    },
    LabelHistory {
        card: u8,
        name: Text,
        limit: i64,
    },
    ListCards {
        search: Option<Text>,
        folder: Option<Text>,
        tag: Option<Text>,
        label: Option<Text>,
        archived: bool,
        limit: i64,
    },
    Facets,
    AddCases {
        suite: u8,
        contents: Vec<Text>,
    },
    EditCase {
        case: u8,
        revision: i64,
        content: Text,
    },
    DeleteCase {
        case: u8,
        revision: i64,
    },
    RestoreCase {
        case: u8,
    },
    ListCases {
        suite: u8,
        after: i64,
        limit: i64,
    },
    RenameSuite {
        suite: u8,
        revision: i64,
        name: Text,
    },
    ListSuites {
        limit: i64,
    },
    Provider {
        name: Text,
        kind: Text,
        url: Option<Text>,
        models: Vec<Text>,
    },
    Providers,
    SaveProvider {
        name: Text,
        url: Text,
        key: Option<Text>,
    },
    EditProvider {
        provider: u8,
        revision: i64,
        url: Text,
    },
    RemoveProvider {
        provider: u8,
    },
    Endpoint {
        endpoint: Text,
    },
    RemoveEndpoint {
        endpoint: Text,
    },
    Contact {
        endpoint: Text,
        calls: i64,
    },
    Share {
        pick: u8,
        run: bool,
        secret: Option<Text>,
        lasts: i64,
    },
    Demote,
    Unshare {
        share: u8,
    },
    ForgetShares,
    Shared {
        share: u8,
        secret: Text,
    },
    KeepAnswer {
        scope: Text,
        key: Text,
        body: Text,
    },
    FindAnswer {
        scope: Text,
        key: Text,
    },
    ForgetAnswers {
        before: i64,
    },
    Prepare {
        suite: u8,
        card: u8,
        models: u8,
        cases: u8,
        repeats: u8,
        scope: Option<Text>,
        text: Text,
        instance: u8,
    },
    Publish {
        run: u8,
    },
    Discard {
        run: u8,
    },
    DiscardAbandoned,
    Begin {
        run: u8,
    },
    Change {
        run: u8,
        to: RunState,
    },
    Finish {
        run: u8,
    },
    Reopen {
        run: u8,
    },
    Claim {
        run: u8,
        from: i64,
        to: i64,
        limit: i64,
        worker: u8,
    },
    Renew {
        worker: u8,
        until: i64,
    },
    Release {
        cells: u8,
    },
    ReleaseExpired {
        now: i64,
    },
    ReleaseDead {
        worker: u8,
    },
    Store {
        run: u8,
        cells: u8,
        verdict: Option<Verdict>,
        text: Text,
        attempts: i64,
        cached: bool,
    },
    CancelCells {
        run: u8,
        from: i64,
        limit: i64,
    },
    Retry {
        run: u8,
        from: i64,
        limit: i64,
    },
    Run {
        run: u8,
    },
    Cells {
        run: u8,
        verdict: Option<Verdict>,
        after: i64,
        limit: i64,
    },
    Events {
        run: u8,
        after: i64,
        limit: i64,
    },
    ListRuns {
        card: Option<u8>,
        state: Option<RunState>,
        before: Option<u8>,
        limit: i64,
    },
    Overview,
    Keep {
        run: u8,
        kept: bool,
    },
    Mark {
        run: u8,
    },
    MarkOld {
        before: i64,
    },
    MarkExcess {
        most: i64,
    },
    RemovalStep,
    Answers {
        scope: Text,
        run: u8,
        limit: i64,
    },
    ModelHistory {
        provider: Text,
        model: Text,
    },
}

impl Operation {
    pub(super) fn reads(&self) -> bool {
        matches!(
            self,
            Self::Card { .. }
                | Self::FindCard { .. }
                | Self::LabelHistory { .. }
                | Self::ListCards { .. }
                | Self::Facets
                | Self::ListCases { .. }
                | Self::ListSuites { .. }
                | Self::Providers
                | Self::FindAnswer { .. }
                | Self::Shared { .. }
                | Self::Run { .. }
                | Self::Cells { .. }
                | Self::Events { .. }
                | Self::ListRuns { .. }
                | Self::Overview
                | Self::Answers { .. }
                | Self::ModelHistory { .. }
        )
    }

    pub(super) fn is_guarded(&self) -> bool {
        matches!(
            self,
            Self::Begin { .. }
                | Self::Change { .. }
                | Self::Claim { .. }
                | Self::Renew { .. }
                | Self::Release { .. }
                | Self::ReleaseExpired { .. }
                | Self::ReleaseDead { .. }
                | Self::Store { .. }
                | Self::CancelCells { .. }
                | Self::Retry { .. }
                | Self::RemovalStep
        )
    }
}

/// A text, of which a report shows the beginning.
#[derive(Clone)]
pub(super) struct Text(pub(super) String);

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.chars().count();
        if length <= 60 {
            return write!(out, "{:?}", self.0);
        }
        write!(out, "{:?} and {} more", self.0.chars().take(60).collect::<String>(), length - 60)
    }
}
