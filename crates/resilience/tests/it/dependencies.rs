//! What the map says of each state that the dependencies can be in.

use resilience::dependency::DependencyKind::{Database, Disk, Provider, Redis};
use resilience::dependency::ServerPart::{Cards, Runs, SharedCache, SharedLimits, SignIn};
use resilience::dependency::Status::{Fail, Pass, Warn};
use resilience::dependency::{DependencyKind, ServerPart, Status, cascade, overall};

type Row = (&'static [(DependencyKind, Status)], Status, &'static [(ServerPart, Status)]);

const TABLE: [Row; 8] = [
    (
        &[(Database, Pass), (Disk, Pass), (Provider, Pass)],
        Pass,
        &[(SignIn, Pass), (Cards, Pass), (Runs, Pass)],
    ),
    (
        &[(Database, Fail), (Disk, Pass), (Provider, Pass)],
        Fail,
        &[(SignIn, Fail), (Cards, Fail), (Runs, Fail)],
    ),
    (
        &[(Database, Warn), (Disk, Pass), (Provider, Pass)],
        Warn,
        &[(SignIn, Warn), (Cards, Warn), (Runs, Warn)],
    ),
    (
        &[(Database, Pass), (Disk, Fail), (Provider, Pass)],
        Warn,
        &[(SignIn, Pass), (Cards, Pass), (Runs, Pass)],
    ),
    (
        &[(Database, Pass), (Provider, Pass), (Provider, Fail)],
        Warn,
        &[(SignIn, Pass), (Cards, Pass), (Runs, Warn)],
    ),
    (
        &[(Database, Pass), (Provider, Fail), (Provider, Fail)],
        Warn,
        &[(SignIn, Pass), (Cards, Pass), (Runs, Warn)],
    ),
    (
        &[(Database, Pass), (Redis, Pass), (Provider, Pass)],
        Pass,
        &[(SignIn, Pass), (Cards, Pass), (Runs, Pass), (SharedLimits, Pass), (SharedCache, Pass)],
    ),
    (
        &[(Database, Pass), (Redis, Fail), (Provider, Pass)],
        Warn,
        &[(SignIn, Pass), (Cards, Pass), (Runs, Pass), (SharedLimits, Warn), (SharedCache, Warn)],
    ),
];

#[test]
fn each_state_means_what_the_table_says() {
    for (found, status, parts) in TABLE {
        assert_eq!(overall(found), status, "{found:?}");
        assert_eq!(cascade(found), parts, "{found:?}");
    }
}

#[test]
fn only_the_database_is_critical_and_it_alone_depends_on_another() {
    let kinds = [Database, Disk, Provider, Redis];
    assert_eq!(kinds.iter().filter(|kind| kind.is_critical()).collect::<Vec<_>>(), [&Database]);
    assert_eq!(kinds.map(DependencyKind::depends_on), [Some(Disk), None, None, None]);
}
