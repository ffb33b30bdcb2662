//! Wall time. Monotonic time is `tokio::time::Instant`, where it is needed.

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Where wall time comes from, so that a test can set it.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> Millis;
}
