//! Numbers that are the same with each run of a test.

/// Marsaglia's xorshift with 64 bits: the seed decides all of its numbers.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// With a seed, which must not be 0: all of its numbers would be 0.
    pub fn seeded(seed: u64) -> Self {
        assert_ne!(seed, 0);
        Self(seed)
    }

    /// The next number, below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}
