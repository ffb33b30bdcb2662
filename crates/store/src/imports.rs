//! Imports under way: what an import makes stands in a workspace of its own until all of it is there.

use domain::clock::Millis;
use domain::ids::{InstanceId, SuiteId, WorkspaceId};

use crate::sql::SqlPair;
use crate::{Conn, Result, Sql, Store, instances};

/// Makes the workspace of an import. It is found under no slug.
pub fn begin(conn: &mut Conn, import: WorkspaceId, instance: InstanceId, at: Millis) -> Result<()> {
    const INSERT: Sql = Sql::new(
        "INSERT INTO workspaces (id, slug, name, prepared_by, created_at) VALUES ($1, $1, '', $2, $3)",
    );
    conn.execute(INSERT, &[&import, &instance, &at]).map(drop)
}

/// Moves all that an import made into `workspace`, where it is seen from then on. False: a slug is taken there, or
/// another instance took the import for abandoned; nothing was moved.
pub fn publish(
    conn: &mut Conn,
    import: WorkspaceId,
    instance: InstanceId,
    workspace: WorkspaceId,
) -> Result<bool> {
    // Changes nothing, but keeps another instance from taking it meanwhile.
    const OURS: Sql = Sql::new("UPDATE workspaces SET prepared_by = $2 WHERE id = $1 AND prepared_by = $2");
    const TAKEN: Sql = Sql::new(
        "SELECT COUNT(*) FROM cards made JOIN cards known ON known.workspace_id = $2 AND known.slug = made.slug \
         WHERE made.workspace_id = $1",
    );
    const CARDS: Sql = Sql::new("UPDATE cards SET workspace_id = $2 WHERE workspace_id = $1");
    const SUITES: Sql = Sql::new("UPDATE suites SET workspace_id = $2 WHERE workspace_id = $1");
    const GONE: Sql = Sql::new("DELETE FROM workspaces WHERE id = $1");
    let is_ours = conn.execute(OURS, &[&import, &instance])? == 1;
    let taken: i64 = conn.query_one(TAKEN, &[&import, &workspace])?;
    if !is_ours || taken > 0 {
        return Ok(false);
    }
    conn.execute(CARDS, &[&import, &workspace])?;
    conn.execute(SUITES, &[&import, &workspace])?;
    conn.execute(GONE, &[&import])?;
    Ok(true)
}

/// Moves one suite with its cases into `workspace`. False: it is gone.
pub fn bring(conn: &mut Conn, suite: SuiteId, workspace: WorkspaceId) -> Result<bool> {
    const BRING: Sql = Sql::new("UPDATE suites SET workspace_id = $2 WHERE id = $1");
    Ok(conn.execute(BRING, &[&suite, &workspace])? == 1)
}

/// Takes the imports over that were cut short, because the instance that made them is no more, to be
/// [discarded](discard).
pub fn take_abandoned(conn: &mut Conn, me: InstanceId) -> Result<Vec<WorkspaceId>> {
    const IMPORTS: Sql =
        Sql::new("SELECT id, prepared_by FROM workspaces WHERE prepared_by IS NOT NULL ORDER BY id");
    const TAKE: Sql = Sql::new("UPDATE workspaces SET prepared_by = $2 WHERE id = $1");
    let mut taken = Vec::new();
    for (import, instance) in conn.query_all::<(WorkspaceId, InstanceId)>(IMPORTS, &[])? {
        if instances::is_dead(conn, instance)? {
            conn.execute(TAKE, &[&import, &me])?;
            taken.push(import);
        }
    }
    Ok(taken)
}

/// Each removes some rows of one table; those that others point to come last.
const ROWS: [Sql; 9] = [
    Sql::new(
        "DELETE FROM test_cases WHERE id IN (SELECT test_cases.id FROM test_cases \
         JOIN suites ON suites.id = suite_id WHERE workspace_id = $1 LIMIT 500)",
    ),
    Sql::new(
        "DELETE FROM card_versions WHERE id IN (SELECT card_versions.id FROM card_versions \
         JOIN cards ON cards.id = card_id WHERE workspace_id = $1 LIMIT 500)",
    ),
    Sql::new(
        "DELETE FROM label_moves WHERE id IN (SELECT label_moves.id FROM label_moves \
         JOIN cards ON cards.id = card_id WHERE workspace_id = $1 LIMIT 500)",
    ),
    Sql::new(
        "DELETE FROM labels WHERE (card_id, name) IN (SELECT card_id, name FROM labels \
         JOIN cards ON cards.id = card_id WHERE workspace_id = $1 LIMIT 500)",
    ),
    Sql::new(
        "DELETE FROM card_tags WHERE (card_id, tag) IN (SELECT card_id, tag FROM card_tags \
         JOIN cards ON cards.id = card_id WHERE workspace_id = $1 LIMIT 500)",
    ),
    Sql::new(
        "DELETE FROM card_drafts WHERE card_id IN (SELECT card_id FROM card_drafts \
         JOIN cards ON cards.id = card_id WHERE workspace_id = $1 LIMIT 500)",
    ),
    Sql::new("DELETE FROM cards WHERE id IN (SELECT id FROM cards WHERE workspace_id = $1 LIMIT 500)"),
    Sql::new("DELETE FROM suites WHERE id IN (SELECT id FROM suites WHERE workspace_id = $1 LIMIT 500)"),
    Sql::new("DELETE FROM workspaces WHERE id = $1"),
];

/// Removes what an import made and did not move, in as many closures as it takes, and its workspace.
pub async fn discard(store: &Store, import: WorkspaceId) -> Result<()> {
    const WORDS: SqlPair = SqlPair::new(
        "DELETE FROM card_search WHERE rowid IN (SELECT card_search.rowid FROM cards \
         JOIN card_search ON card_search.rowid = cards.number WHERE workspace_id = $1 LIMIT 500)",
        "DELETE FROM card_search WHERE card_number IN (SELECT card_number FROM card_search \
         JOIN cards ON cards.number = card_number WHERE workspace_id = $1 LIMIT 500)",
    );
    let words = move |conn: &mut Conn| conn.execute(conn.pick(&WORDS), &[&import]);
    while store.write(words).await? > 0 {}
    for rows in ROWS {
        while store.write(move |conn| conn.execute(rows, &[&import])).await? > 0 {}
    }
    Ok(())
}
