//! The engine as a whole, without its doors.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod simulation;
