//! Whether the log is what was written.

use std::collections::BTreeMap;

use domain::audit::{Action, Chain, Checkpoint, Fault, Flaw, Record};
use ed25519_dalek::VerifyingKey;
use store::audit::AuditFilter;
use store::{Conn, Store};

use super::keys::is_signed;
use crate::error::Result;

/// What comes of following the log, or its first fault.
type Followed<T = ()> = std::result::Result<T, Fault>;

/// How many lines are read at once.
const CHUNK: i64 = 1_000;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The number of the first line that is there; 0 in an empty log.
    pub first: i64,
    /// The number of the last line that is as it was written.
    pub last: i64,
    /// The hash of that line.
    pub hash: String,
    /// How many signed checkpoints were passed.
    pub checkpoints: usize,
    /// The first line that is not as it was written.
    pub fault: Option<Fault>,
}

/// A line that somebody kept elsewhere: its number and its hash. It must be in the log as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The number.
    pub seq: i64,
    /// The hash.
    pub hash: String,
}

/// Reads the whole log and follows its chain, past every checkpoint. No key: a checkpoint is one that nobody signed.
pub(super) async fn verify(
    store: &Store,
    key: Option<&VerifyingKey>,
    anchor: Option<Anchor>,
) -> Result<Verified> {
    let (checkpoints, first, removed) = store
        .read(|conn| Ok((store::audit::checkpoints(conn)?, store::audit::after(conn, 0, 1)?, removed(conn)?)))
        .await?;
    let marks =
        Marks { checkpoints: checkpoints.into_iter().map(|mark| (mark.seq, mark)).collect(), anchor, key };
    let first = first.first().map_or(0, |record| record.seq);
    let begun = marks.begin(first, removed);
    let mut verified = Verified { first, last: 0, hash: String::new(), checkpoints: 0, fault: None };
    let mut chain = match begun {
        Ok(chain) => chain,
        Err(fault) => {
            verified.fault = Some(fault);
            return Ok(verified);
        }
    };
    verified.fault = follow(store, &marks, &mut chain, &mut verified.checkpoints).await?.err();
    verified.last = chain.seq();
    chain.hash().clone_into(&mut verified.hash);
    Ok(verified)
}

async fn follow(store: &Store, marks: &Marks<'_>, chain: &mut Chain, passed: &mut usize) -> Result<Followed> {
    loop {
        let from = chain.seq();
        let (counted, records) = store
            .read(move |conn| Ok((store::audit::last(conn)?, store::audit::after(conn, from, CHUNK)?)))
            .await?;
        if records.is_empty() {
            return Ok(marks.end(chain, counted));
        }
        for record in &records {
            if record.seq > counted {
                return Ok(Err(if chain.seq() < counted {
                    missing(chain)
                } else {
                    Fault { seq: record.seq, flaw: Flaw::Uncounted }
                }));
            }
            if let Err(fault) = chain.follow(record).and_then(|()| marks.pass(record, passed)) {
                return Ok(Err(fault));
            }
        }
    }
}

/// Up to which line the log was removed, by what it says itself.
fn removed(conn: &mut Conn) -> store::Result<i64> {
    let filter = AuditFilter {
        action: Some(Action::AuditRemove.as_str().to_owned()),
        limit: 1,
        ..AuditFilter::default()
    };
    let record = store::audit::list(conn, &filter)?.pop();
    let detail = record.and_then(|record| serde_json::from_str::<serde_json::Value>(&record.detail).ok());
    Ok(detail.and_then(|detail| detail["up_to"].as_i64()).unwrap_or(0))
}

/// What the chain must pass beside its lines.
struct Marks<'k> {
    checkpoints: BTreeMap<i64, Checkpoint>,
    anchor: Option<Anchor>,
    key: Option<&'k VerifyingKey>,
}

impl Marks<'_> {
    fn is_signed(&self, mark: &Checkpoint) -> bool {
        self.key.is_some_and(|key| is_signed(key, mark))
    }

    /// Where the chain begins. What is not there any more must have been removed as it should be.
    fn begin(&self, first: i64, removed: i64) -> Followed<Chain> {
        if first <= 1 {
            return Ok(Chain::default());
        }
        let before = self.checkpoints.get(&(first - 1)).filter(|_| removed == first - 1);
        match before {
            Some(mark) if self.is_signed(mark) => Ok(Chain::after(mark.seq, &mark.hash)),
            Some(mark) => Err(Fault { seq: mark.seq, flaw: Flaw::Forged }),
            None => Err(Fault { seq: removed.min(first - 2) + 1, flaw: Flaw::Missing }),
        }
    }

    fn pass(&self, record: &Record, passed: &mut usize) -> Followed {
        let fault = |flaw| Err(Fault { seq: record.seq, flaw });
        if let Some(mark) = self.checkpoints.get(&record.seq) {
            if !self.is_signed(mark) {
                return fault(Flaw::Forged);
            }
            if mark.hash != record.hash {
                return fault(Flaw::Rewritten);
            }
            *passed += 1;
        }
        match &self.anchor {
            Some(anchor) if anchor.seq == record.seq && anchor.hash != record.hash => fault(Flaw::Rewritten),
            _ => Ok(()),
        }
    }

    /// Whether the log may end there.
    fn end(&self, chain: &Chain, counted: i64) -> Followed {
        let signed = self.checkpoints.keys().next_back().copied().unwrap_or(0);
        let kept = self.anchor.as_ref().map_or(0, |anchor| anchor.seq);
        if chain.seq() < counted.max(signed).max(kept) { Err(missing(chain)) } else { Ok(()) }
    }
}

fn missing(chain: &Chain) -> Fault {
    Fault { seq: chain.seq() + 1, flaw: Flaw::Missing }
}
