//! Suites and their test cases.

mod cases;
mod judging;

pub(crate) use cases::list as list_cases;
pub use cases::{
    Case, CaseFlag, CaseList, CaseQuery, FIRST_REVISION, ImportCases, Imported, RenameSuite, Suite,
};
pub use judging::TryAssertions;
