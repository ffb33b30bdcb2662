//! Backups one after the other while cards are made over HTTP.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use testkit::{Actor, TestDatabase};

use super::{Vault, cards, done, make_card, of, serve};

const BACKUPS: usize = 8;
const WRITERS: usize = 4;

/// Makes cards until it is told to stop, and notes each that was acknowledged.
async fn write(
    actor: Actor,
    writer: usize,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    stop: Arc<AtomicBool>,
) {
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let slug = format!("card-{writer}-{number}");
        make_card(&actor, &slug).await;
        acknowledged.lock().unwrap().insert(slug);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_backup_holds_what_was_acknowledged_before_it_and_is_restored_whole() {
    let database = TestDatabase::on_file();
    let vault = Arc::new(Vault::make());
    let server = serve(database.folder(), &[]);
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let actor = server.actor.with(server.actor.token());
        writers.spawn(write(actor, writer, Arc::clone(&acknowledged), Arc::clone(&stop)));
    }
    let mut made: Vec<(PathBuf, BTreeSet<String>)> = Vec::new();
    for _ in 0..BACKUPS {
        // What is acknowledged by now must be in it.
        let before = acknowledged.lock().unwrap().clone();
        let (vault, folder) = (Arc::clone(&vault), database.folder().to_owned());
        let path = tokio::task::spawn_blocking(move || vault.made(&folder)).await.unwrap();
        made.push((path, before));
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    assert!(server.stop().success());
    assert_eq!(vault.list().len(), BACKUPS);
    let written: BTreeSet<usize> = made.iter().map(|(_, before)| before.len()).collect();
    assert!(written.len() > BACKUPS / 2, "cards were made all the time: {written:?}");

    for (path, before) in &made {
        let folder = tempfile::tempdir().unwrap();
        done(&mut vault.restore(path, folder.path()));
        let lost: Vec<_> = before.difference(&cards(folder.path())).cloned().collect();
        assert!(
            lost.is_empty(),
            "{} were acknowledged and are not in {}: {lost:?}",
            lost.len(),
            path.display()
        );
        let said = done(&mut of(folder.path(), "audit verify"));
        assert!(said.contains("The audit log is sound"), "{said}");
    }
}
