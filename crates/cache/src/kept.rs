//! Answers in the memory of this process: so many bytes of them, and those that were used longest ago go first.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hashlink::LruCache;
use tokio::time::Instant;

use crate::Key;

/// What an answer takes beside its bytes, about.
const EACH: usize = 192;
/// An answer may take this part of the room: a larger one would drive out all the others.
const LARGEST_PART: usize = 4;

/// Answers in the memory of this process.
pub(crate) struct Kept {
    answers: Mutex<Answers>,
    /// Bytes that they may take.
    most: usize,
}

struct Answers {
    by_key: LruCache<Key, Answer>,
    /// What they take.
    bytes: usize,
}

struct Answer {
    bytes: Bytes,
    until: Instant,
}

impl Answer {
    fn size(&self) -> usize {
        self.bytes.len() + EACH
    }
}

impl Kept {
    pub(crate) fn new(most: usize) -> Self {
        Self { answers: Mutex::new(Answers { by_key: LruCache::new_unbounded(), bytes: 0 }), most }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Bytes> {
        let mut answers = self.lock();
        let answer = answers.by_key.get(key)?;
        if answer.until > Instant::now() {
            return Some(answer.bytes.clone());
        }
        answers.remove(key);
        None
    }

    pub(crate) fn put(&self, key: &Key, bytes: Bytes) {
        let answer = Answer { bytes, until: Instant::now() + key.kind.lifetime() };
        if answer.size() > self.most / LARGEST_PART {
            return;
        }
        let mut answers = self.lock();
        answers.remove(key);
        answers.bytes += answer.size();
        answers.by_key.insert(*key, answer);
        while answers.bytes > self.most
            && let Some((_, oldest)) = answers.by_key.remove_lru()
        {
            answers.bytes -= oldest.size();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        // No step panics between the change of the map and that of the sum.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers {
    fn remove(&mut self, key: &Key) {
        if let Some(answer) = self.by_key.remove(key) {
            self.bytes -= answer.size();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Kind;

    fn key(number: u128) -> Key {
        Key::new(Kind::RunRows, number, 0, b"")
    }

    fn answer(length: usize) -> Bytes {
        vec![b'x'; length].into()
    }

    #[test]
    fn it_takes_no_more_bytes_than_it_may_and_keeps_what_is_used() {
        let kept = Kept::new(100_000);
        for number in 0..1_000 {
            kept.put(&key(number), answer(1_000));
            assert!(kept.lock().bytes <= 100_000);
            assert!(kept.get(&key(0)).is_some(), "it is used all the time");
        }
        assert!(kept.get(&key(1)).is_none() && kept.get(&key(999)).is_some());
        kept.put(&key(5), answer(30_000));
        assert!(kept.get(&key(5)).is_none(), "it would take too much of the room");
    }

    #[test]
    fn an_answer_that_is_put_again_is_counted_once() {
        let kept = Kept::new(100_000);
        for length in 0..1_000 {
            kept.put(&key(1), answer(length));
        }
        assert_eq!(kept.lock().bytes, 999 + EACH);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_kept_for_its_time_and_not_longer() {
        let kept = Kept::new(100_000);
        kept.put(&key(1), answer(1));
        let until = Instant::now() + Kind::RunRows.lifetime();
        tokio::time::sleep_until(until - Duration::from_millis(5)).await;
        assert!(kept.get(&key(1)).is_some());
        tokio::time::sleep_until(until).await;
        assert!(kept.get(&key(1)).is_none());
        assert_eq!(kept.lock().bytes, 0);
    }
}
