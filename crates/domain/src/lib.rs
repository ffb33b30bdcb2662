//! The rules of Promptcards, pure: no async, no I/O, no reading of the clock.
//!
//! To add an assertion type, write a file in `assertion/` and name it in the registry there.

pub mod assertion;
pub mod audit;
pub mod budget;
pub mod caller;
pub mod card;
pub mod clock;
pub mod completion;
pub mod cost;
pub mod grant;
pub mod ids;
pub mod matrix;
pub mod permission;
pub mod run;
pub mod stats;
pub mod template;
pub mod test_case;
pub mod validity;
pub mod variables;
pub mod verdict;
pub mod yaml;
