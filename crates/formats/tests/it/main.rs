//! Files read and written from outside: promptfoo's, results, and our own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod from_promptfoo;
mod native;
mod promptfoo;
mod results;
