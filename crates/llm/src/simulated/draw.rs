//! Choices that depend on nothing but model, prompt and seed.

use domain::card::Message;

/// `SplitMix64` (Steele, Lea, Flood 2014), seeded by FNV-1a: the same on every machine and in every version.
#[derive(Debug)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(model: &str, messages: &[Message], seed: i64) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut take = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        take(model.as_bytes());
        take(&seed.to_le_bytes());
        for part in messages.iter().flat_map(|message| &message.content) {
            take(part.text.as_bytes());
            take(&[0]);
        }
        Self(hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        match high.saturating_sub(low).checked_add(1) {
            Some(width) => low + self.next() % width,
            None => self.next(),
        }
    }

    /// One of `items`, which are not none.
    pub(super) fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let last = items.len().saturating_sub(1) as u64;
        &items[usize::try_from(self.between(0, last)).unwrap_or(0)]
    }

    /// True in so many of a hundred cases.
    pub(super) fn happens(&mut self, per_hundred: u64) -> bool {
        self.between(1, 100) <= per_hundred
    }
}
