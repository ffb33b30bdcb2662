//! Answers of earlier evaluations, in a file that all evaluations of a person share.

use std::cell::Cell;
use std::fs::DirBuilder;
use std::path::PathBuf;

use domain::card::{Message, ModelParameters};
use domain::clock::Clock;
use domain::completion::Completion;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{AnswerFile, KeptAnswer};

use super::config::Environment;
use crate::SystemClock;
use crate::report::terminal::say;

/// What an answer depends on. Repeats share no entry.
#[derive(Serialize)]
pub(super) struct Question<'a> {
    pub(super) protocol: &'a str,
    pub(super) base_url: &'a str,
    pub(super) model: &'a str,
    pub(super) parameters: &'a ModelParameters,
    pub(super) messages: &'a [Message],
    pub(super) repeat: u32,
}

/// The hash of a question.
pub(super) type Key = [u8; 32];

impl Question<'_> {
    /// None: it cannot be written, and so not be asked either.
    pub(super) fn key(&self) -> Option<Key> {
        serde_json::to_vec(self).ok().map(|text| Sha256::digest(text).into())
    }
}

/// An open cache. One that fails is done without.
pub(super) struct Cache {
    file: AnswerFile,
    works: Cell<bool>,
}

impl Cache {
    /// Opens the file in the person's folder for caches.
    pub(super) fn open(environment: &Environment) -> Option<Self> {
        let path = path(environment)?;
        let folder = path.parent()?;
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let opened = builder
            .create(folder)
            .map_err(|error| error.to_string())
            .and_then(|()| AnswerFile::open(&path, SystemClock.now()).map_err(|error| error.to_string()));
        match opened {
            Ok(file) => Some(Self { file, works: Cell::new(true) }),
            Err(error) => {
                say(&format!("Without a cache, as {} cannot be used: {error}", path.display()));
                None
            }
        }
    }

    /// The answer to a question, unless another model gave it.
    pub(super) fn find(&self, key: &Key, digest: Option<&str>) -> Option<Completion> {
        let kept = self.file.find(key).unwrap_or_else(|error| self.failed(&error))?;
        let is_other = digest.is_some() && kept.digest.as_deref() != digest;
        if is_other { None } else { serde_json::from_str(&kept.answer).ok() }
    }

    /// Keeps an answer.
    pub(super) fn keep(&self, key: &Key, digest: Option<&str>, completion: &Completion) {
        let Ok(answer) = serde_json::to_string(completion) else { return };
        let kept = KeptAnswer { digest: digest.map(str::to_owned), answer };
        if self.works.get() {
            self.file.keep(key, &kept, SystemClock.now()).unwrap_or_else(|error| self.failed(&error));
        }
    }

    fn failed<T: Default>(&self, error: &store::Error) -> T {
        if self.works.replace(false) {
            say(&format!("The cache fails, and nothing more is kept in it: {error}"));
        }
        T::default()
    }
}

/// Where the cache lies, by the rules of XDG. None: the person has no home.
fn path(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(folder.join("promptcards").join("answers.db"))
}
