//! Instances of the server on one database: who lives.

use std::time::Duration;

use domain::ids::InstanceId;

use crate::sql::SqlPair;
use crate::{Conn, Result};

/// Lets other instances see that this one lives, as long as the store keeps its connections. Only
/// [`Store::write_guarded`](crate::Store::write_guarded) may run it: that connection keeps the lock.
pub fn announce(conn: &mut Conn, me: InstanceId) -> Result<()> {
    conn.hold(me)
}

/// How long an instance may need to take its lock again after its connections were cut. Each does something on that
/// connection every ten seconds.
pub(crate) const TIME_TO_RETURN: Duration = Duration::from_secs(15);

/// Whether it may be judged who is dead: a restart of the database server takes the locks of all instances, and the first
/// one that is back must not take the others for dead.
pub fn may_be_judged(conn: &Conn) -> bool {
    conn.others_are_back()
}

/// Whether no process of this name lives any more.
pub(crate) fn is_dead(conn: &mut Conn, instance: InstanceId) -> Result<bool> {
    const DEAD: SqlPair = SqlPair::new(
        "SELECT CAST($1 AS TEXT) IS NOT NULL",
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))",
    );
    let dead = conn.pick(&DEAD);
    conn.query_one(dead, &[&instance])
}
