//! The audit log: what it holds, that it cannot be altered unseen, and how long it is kept.

mod keeping;
mod place;
mod tampering;
mod writing;
