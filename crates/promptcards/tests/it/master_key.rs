//! The master key: made once, kept outside of the data, never made anew, replaced by `promptcards keys rewrap`.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use engine::secrets::{ExposeSecret, Place, Sealer, unlock};
use promptcards::SystemClock;
use store::Store;
use testkit::{Actor, ServerProcess, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");
const HERE: Place<'_> = Place { table: "providers", row: "1", column: "key", workspace: None };

fn key_file(database: &TestDatabase) -> PathBuf {
    database.folder().join("master.key")
}

fn promptcards(database: &TestDatabase, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--data-dir").arg(database.folder()).current_dir(database.folder());
    command.env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", key_file(database));
    command.args(database.url().iter().flat_map(|url| ["--database-url", url])).output().unwrap()
}

fn serve(database: &TestDatabase) -> ServerProcess {
    let url = database.url();
    let environment: Vec<_> =
        url.as_deref().map(|url| ("PROMPTCARDS_STORE__DATABASE_URL", url)).into_iter().collect();
    ServerProcess::start(BINARY.as_ref(), database.folder(), &environment)
}

/// What a server says that does not start.
#[track_caller]
fn refused(database: &TestDatabase) -> String {
    let output = promptcards(database, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[track_caller]
fn rewrapped(database: &TestDatabase) -> String {
    let output = promptcards(database, &["keys", "rewrap"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Does something with the sealer of a database, as the server has it.
async fn with_sealer<T>(database: &TestDatabase, work: impl AsyncFnOnce(&Sealer) -> T) -> T {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(database.settings()).unwrap();
    let unlocked = unlock(&store, &clock, &key_file(database)).await.unwrap();
    let done = work(&unlocked.sealer).await;
    store.close(Duration::from_secs(5)).await.unwrap();
    done
}

/// A value that is sealed in a database.
async fn sealed(database: &TestDatabase) -> String {
    with_sealer(database, async |sealer| sealer.seal(HERE, b"sk-canary").await.unwrap()).await
}

async fn opens(database: &TestDatabase, sealed: &str) -> bool {
    let opened = with_sealer(database, async |sealer| sealer.open(HERE, sealed).await).await;
    opened.is_ok_and(|secret| secret.expose_secret() == b"sk-canary")
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let mut keys: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    keys.retain(|name| name.contains(".key"));
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn the_first_start_makes_it_beside_the_data_and_says_so() {
    let outside = tempfile::tempdir().unwrap();
    let start = async || {
        let mut command = Command::new(BINARY);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]).current_dir(outside.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next().unwrap().unwrap();
        let address = ready.rsplit_once("http://").unwrap().1.parse().unwrap();
        // Who is answered has been told everything.
        Actor::at(address).get("/livez").await.expect(200);
        child.kill().unwrap();
        child.wait().unwrap();
        lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    };
    let said = start().await;
    assert!(said.contains("A master key was made: data.key. Keep a copy of it"), "{said}");
    let file = outside.path().join("data.key");
    let key = std::fs::read_to_string(&file).unwrap();
    assert!(key.len() == 65 && hex::decode(key.trim()).is_ok());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o400);
    assert!(files(&outside.path().join("data")).is_empty(), "it is not in the data folder");
    let again = start().await;
    assert!(!again.contains("master key"), "{again}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), key);
    let database = std::fs::read(outside.path().join("data/promptcards.db")).unwrap();
    let bytes = hex::decode(key.trim()).unwrap();
    let holds = |part: &[u8]| database.windows(part.len()).any(|window| window == part);
    assert!(!holds(&bytes) && !holds(key.trim().as_bytes()), "the database holds the master key");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_key_no_server_starts_and_none_is_made() {
    let database = TestDatabase::new();
    let (sealed, file) = (sealed(&database).await, key_file(&database));
    let kept = database.folder().join("copy");
    std::fs::rename(&file, &kept).unwrap();
    for _ in 0..2 {
        let said = refused(&database);
        assert!(said.contains("is missing") && said.contains("secrets.master_key_file"), "{said}");
        assert!(!file.exists());
    }
    let said = String::from_utf8(promptcards(&database, &["keys", "rewrap"]).stderr).unwrap();
    assert!(said.contains("is missing"), "{said}");
    for (wrong, reason) in [
        (String::new(), "holds no master key"),
        ("ab".repeat(31), "holds no master key"),
        ("zz".repeat(32), "holds no master key"),
        ("ab".repeat(32), "is not the master key of this database"),
    ] {
        std::fs::write(&file, &wrong).unwrap();
        let said = refused(&database);
        assert!(said.contains(reason) && !said.contains("abab"), "{said}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), wrong);
    }
    std::fs::rename(&kept, &file).unwrap();
    assert!(opens(&database, &sealed).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_opens_in_its_own_row_alone() {
    let database = TestDatabase::new();
    let workspace = |digit: char| {
        let id = format!("01890a5d-ac96-774b-bcce-b302099a805{digit}");
        Some(id.parse().unwrap())
    };
    let place = |row, workspace| Place { table: "providers", row, column: "key", workspace };
    with_sealer(&database, async |sealer| {
        let first = sealer.seal(place("1", workspace('1')), b"sk-first").await.unwrap();
        let second = sealer.seal(place("2", workspace('1')), b"sk-second").await.unwrap();
        let opened = sealer.open(place("1", workspace('1')), &first).await.unwrap();
        assert_eq!(opened.expose_secret(), b"sk-first");
        for (place, sealed) in [
            (place("1", workspace('1')), &second),
            (place("2", workspace('1')), &first),
            (place("1", workspace('2')), &first),
            (place("1", None), &first),
            (Place { column: "name", ..place("1", workspace('1')) }, &first),
        ] {
            let swapped = sealer.open(place, sealed).await;
            let corrupt = matches!(&swapped, Err(engine::Error::Store(store::Error::Corrupt { .. })));
            assert!(corrupt, "{place:?}: {swapped:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewrap_changes_the_key_and_no_secret() {
    let database = TestDatabase::new();
    let (sealed, file) = (sealed(&database).await, key_file(&database));
    let before = std::fs::read_to_string(&file).unwrap();
    let said = rewrapped(&database);
    let after = std::fs::read_to_string(&file).unwrap();
    assert!(before != after && said.starts_with("1 keys are sealed under a new master key"), "{said}");
    assert!(opens(&database, &sealed).await);
    let names = files(database.folder());
    let [current, kept] = names.as_slice() else { panic!("{names:?}") };
    assert!(current == "master.key" && kept.starts_with("master.key.before-"), "{names:?}");
    assert_eq!(std::fs::read_to_string(database.folder().join(kept)).unwrap(), before);
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, &before).unwrap();
    assert!(refused(&database).contains("is not the master key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewrap_that_was_cut_short_is_finished_or_undone_by_the_next_start() {
    let database = TestDatabase::new();
    let (sealed, file) = (sealed(&database).await, key_file(&database));
    let next = database.folder().join("master.key.new");
    let before = std::fs::read_to_string(&file).unwrap();
    rewrapped(&database);
    let after = std::fs::read_to_string(&file).unwrap();
    // Cut before the file: the database is under the new key, which waits.
    std::fs::rename(&file, &next).unwrap();
    for old in [Some(&before), None] {
        if let Some(old) = old {
            std::fs::write(&file, old).unwrap();
        }
        assert!(opens(&database, &sealed).await);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), after);
        assert!(!next.exists());
        std::fs::rename(&file, &next).unwrap();
    }
    // Cut before the database: what waits is of no use.
    std::fs::rename(&next, &file).unwrap();
    std::fs::write(&next, "ab".repeat(32)).unwrap();
    assert!(opens(&database, &sealed).await);
    rewrapped(&database);
    assert!(opens(&database, &sealed).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewrap_beside_a_server_is_refused_on_a_file_and_noticed_on_a_server() {
    const OTHER_WORKSPACE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
    let database = TestDatabase::new();
    if !database.is_on_server() {
        let _server = serve(&database);
        let output = promptcards(&database, &["keys", "rewrap"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{said}");
        return;
    }
    let place = Place { workspace: Some(OTHER_WORKSPACE.parse().unwrap()), ..HERE };
    let sealed = with_sealer(&database, async |beside| {
        rewrapped(&database);
        beside.seal(place, b"sk-canary").await.unwrap()
    })
    .await;
    let opened = with_sealer(&database, async |sealer| sealer.open(place, &sealed).await.unwrap()).await;
    assert_eq!(opened.expose_secret(), b"sk-canary");
    let masters = database.query("SELECT DISTINCT master_key FROM data_keys");
    assert_eq!(masters.len(), 1);
}
