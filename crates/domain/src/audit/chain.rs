//! Whether a log is what was written.

use std::fmt;

use super::{NO_HASH, Record};

/// Follows a log line by line, from the oldest on.
#[derive(Debug, Clone)]
pub struct Chain {
    seq: i64,
    hash: String,
}

/// The first line of a log that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The number of the line.
    pub seq: i64,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is not there.
    Missing,
    /// Its hash is not that of what it says.
    Altered,
    /// It does not follow the line before it.
    Unlinked,
    /// It was never counted.
    Uncounted,
    /// It was signed with another hash: it, or lines between it and the checkpoint before, were written anew.
    Rewritten,
    /// The signature of its checkpoint is not the server's.
    Forged,
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "it is missing",
            Self::Altered => "it was altered: its hash is not that of what it says",
            Self::Unlinked => "it does not follow the line before it",
            Self::Uncounted => "it was never counted: something else than this program wrote it",
            Self::Rewritten => {
                "its checkpoint was signed with another hash: lines since the checkpoint before were written anew"
            }
            Self::Forged => "the signature of its checkpoint is not that of this server",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.seq, self.flaw)
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self::after(0, NO_HASH)
    }
}

impl Chain {
    /// A log whose lines up to `seq`, which had this hash, were removed.
    pub fn after(seq: i64, hash: &str) -> Self {
        Self { seq, hash: hash.to_owned() }
    }

    /// The number of the last line that was right.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Its hash.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Takes the next line in, or says what is wrong first.
    pub fn follow(&mut self, record: &Record) -> Result<(), Fault> {
        let expected = self.seq + 1;
        let fault = |flaw| Err(Fault { seq: expected, flaw });
        if record.seq != expected {
            return fault(Flaw::Missing);
        }
        if record.prev_hash != self.hash {
            return fault(Flaw::Unlinked);
        }
        if record.hash != record.own_hash() {
            return fault(Flaw::Altered);
        }
        self.seq = expected;
        self.hash.clone_from(&record.hash);
        Ok(())
    }
}
