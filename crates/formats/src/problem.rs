//! What is wrong in a file, with its place.

use std::fmt;

/// Something in a file that cannot be used, or that is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands, such as `tests[3].assert[0].type` or `cases.csv, line 4`.
    pub path: String,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// A place in a file, such as `tests[3].assert[0]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Path(String);

/// Most bytes of a place. Each value of a file has one, so that a long one would be written again and again; what
/// lies deeper is told by the place around it.
const PATH_LIMIT: usize = 500;

impl Path {
    pub(crate) fn of(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        if self.0.len() > PATH_LIMIT {
            return self.clone();
        }
        let plain = (1..=80).contains(&key.len())
            && key.chars().all(|sign| sign.is_alphanumeric() || "_-$".contains(sign));
        match (plain, self.0.is_empty()) {
            (true, true) => Self(key.to_owned()),
            (true, false) => Self(format!("{}.{key}", self.0)),
            (false, _) => {
                let shown: String = key.chars().take(80).collect();
                Self(format!("{}[{shown:?}]", self.0))
            }
        }
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        if self.0.len() > PATH_LIMIT {
            return self.clone();
        }
        Self(format!("{}[{index}]", self.0))
    }

    pub(crate) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.0.clone(), message)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was found while a file is read. Reading goes on after a problem, so that all are told at once.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What stands in the way.
    pub(crate) problems: Vec<Problem>,
    /// What is passed over, because nothing depends on it.
    pub(crate) notes: Vec<Problem>,
    left_out: usize,
}

/// Most problems that are told: a file of 10,000 rows with the same mistake needs no more.
const TOLD: usize = 200;
/// Most characters of a message.
const MESSAGE_LIMIT: usize = 1000;

impl Findings {
    pub(crate) fn refuse(&mut self, path: &Path, message: impl Into<String>) {
        if self.problems.len() < TOLD {
            let mut message = message.into();
            // It quotes the file.
            if let Some((end, _)) = message.char_indices().nth(MESSAGE_LIMIT) {
                message.replace_range(end.., "…");
            }
            self.problems.push(path.problem(message));
        } else {
            self.left_out += 1;
        }
    }

    pub(crate) fn unsupported(&mut self, path: &Path) {
        self.refuse(path, "is not supported");
    }

    pub(crate) fn note(&mut self, path: &Path, message: impl Into<String>) {
        if self.notes.len() < TOLD {
            self.notes.push(path.problem(message));
        }
    }

    /// The problems, with a last one that counts those that are not told.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        if self.left_out > 0 {
            self.problems.push(Problem::new("", format!("and {} more like these", self.left_out)));
        }
        self.problems
    }
}
