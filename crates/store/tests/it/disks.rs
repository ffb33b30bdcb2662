//! Disks of a file that are full, or that can only be read. They need the right to mount one.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use futures_util::future::join_all;
use store::{Error, Store, StoreSettings};
use tempfile::TempDir;

use crate::notes::{self, insert};

/// A disk of 8 MB in memory.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// None, and a word about it, where this process may not mount.
    fn mount(test: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", "size=8m", "tmpfs"], folder.path());
        if !mounted {
            eprintln!("not run: {test}: this process may not mount a disk");
        }
        mounted.then_some(Self { folder })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(arguments).arg(folder).stderr(Stdio::null());
    mount.status().is_ok_and(|status| status.success())
}

#[tokio::test]
async fn on_a_full_disk_no_acknowledged_write_is_lost_and_space_brings_it_back() {
    let Some(disk) = SmallDisk::mount("on_a_full_disk_no_acknowledged_write_is_lost") else { return };
    let ballast = disk.folder.path().join("ballast");
    fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    // A small cache makes the database write before the commit, which is where it drops whole transactions.
    let settings = StoreSettings { cache_kib: 40, ..notes::settings(disk.folder.path()) };
    let store = Store::open(settings.clone()).unwrap();
    notes::create(&store).await;

    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for round in 0..40 {
        let writes = (0..64).map(|number| {
            // Large and small ones, so that small ones still succeed beside large ones that do not.
            let text = format!("{round} {number} {}", "x".repeat(if number % 8 == 0 { 60_000 } else { 600 }));
            let stored = text.clone();
            let write = store.write(move |conn| insert(conn, &stored));
            async move { (text, write.await) }
        });
        for (text, answer) in join_all(writes).await {
            match answer {
                Ok(_) => acknowledged.push(text),
                Err(Error::StorageFull) => refused += 1,
                Err(other) => unreachable!("{other:?}"),
            }
        }
    }
    assert!(refused > 0, "the disk was never full");
    let mut stored = notes::texts(&store).await;
    acknowledged.sort();
    stored.sort();
    assert!(stored == acknowledged, "{} stored, {} acknowledged", stored.len(), acknowledged.len());

    fs::remove_file(ballast).unwrap();
    store.write(|conn| insert(conn, "there is room again")).await.unwrap();
    notes::close(&store).await;
    let again = Store::open(settings).unwrap();
    assert_eq!(notes::texts(&again).await.len(), acknowledged.len() + 1);
    notes::close(&again).await;
}

#[test]
fn a_disk_too_small_for_a_new_database_is_full_and_leaves_nothing() {
    let Some(disk) = SmallDisk::mount("a_disk_too_small_for_a_new_database") else { return };
    let settings = notes::settings(disk.folder.path());
    let _ = fs::write(disk.folder.path().join("ballast"), vec![0; (8 << 20) - 8192]);
    let error = Store::open(settings.clone()).err().unwrap();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert!(!settings.path.exists());
    fs::remove_file(disk.folder.path().join("ballast")).unwrap();
    Store::open(settings).unwrap();
}

/// The process of the test below, whose files may not grow; alone it does nothing.
#[tokio::test]
async fn limited_process() {
    let Some(path) = std::env::var_os("STORE_LIMITED_PROCESS") else { return };
    let store = Store::open(StoreSettings { path: path.into(), ..StoreSettings::default() }).unwrap();
    notes::create(&store).await;
    for number in 0..200 {
        let text = format!("{number} {}", "x".repeat(9_000));
        match store.write(move |conn| insert(conn, &text)).await {
            Ok(_) => eprintln!("acknowledged {number}."),
            Err(Error::OutcomeUnknown { .. } | Error::Storage { .. } | Error::StorageFull) => {
                eprintln!("refused {number}.");
            }
            Err(other) => unreachable!("{other:?}"),
        }
    }
    assert!(!notes::texts(&store).await.is_empty(), "reads go on");
}

#[tokio::test]
async fn files_that_may_not_grow_fail_writes_and_lose_none() {
    let folder = tempfile::tempdir().unwrap();
    let settings = notes::settings(folder.path());
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1600; exec \"$0\" --exact disks::limited_process --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env("STORE_LIMITED_PROCESS", &settings.path)
        .output()
        .unwrap();
    let said = String::from_utf8(child.stderr).unwrap();
    assert!(child.status.success(), "{said}");
    assert!(said.contains("refused"), "the limit was never met: {said}");
    let store = Store::open(settings).unwrap();
    let stored = notes::texts(&store).await;
    for number in 0..200 {
        let is_there = stored.iter().any(|text| text.starts_with(&format!("{number} ")));
        assert!(is_there || !said.contains(&format!("acknowledged {number}.")), "{number} is lost");
    }
}

#[tokio::test]
async fn a_disk_that_can_only_be_read_is_said_to_be_one() {
    let Some(disk) = SmallDisk::mount("a_disk_that_can_only_be_read_is_said_to_be_one") else { return };
    let settings = notes::settings(disk.folder.path());
    let store = Store::open(settings.clone()).unwrap();
    notes::create(&store).await;
    notes::close(&store).await;
    assert!(mount(&["-o", "remount,ro"], disk.folder.path()));
    let error = Store::open(settings).err().unwrap();
    assert!(matches!(error, Error::Unusable { .. }), "{error:?}");
    assert!(error.to_string().contains("Read-only file system"), "{error}");
}
