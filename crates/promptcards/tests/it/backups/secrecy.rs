//! What a thief of backups gets: nothing that they can read. What their owner needs: the program `age`, and no other.

use std::fs;
use std::process::{Command, Stdio};

use testkit::TestDatabase;

use super::{Vault, cards, done, named, new_card, serve};

const PROMPT: &str = "CANARY-prompt-5d1f0e7a";

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn nothing_is_readable_in_a_backup_or_left_beside_it() {
    let (vault, database) = (Vault::make(), TestDatabase::on_file());
    let server = serve(database.folder(), &[]);
    server.actor.post("W/cards", &new_card("canary", PROMPT)).await.expect(201);
    let backup = vault.made(database.folder());
    let token = server.actor.token().to_owned();
    let master_key = fs::read_to_string(database.folder().join("master.key")).unwrap();
    assert!(server.stop().success());
    let bytes = fs::read(&backup).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n-> X25519 "), "it is not sealed");
    // What is sought would be found.
    assert!(holds(&fs::read(database.folder().join("promptcards.db")).unwrap(), PROMPT));
    for entry in fs::read_dir(vault.backups()).unwrap().map(|entry| entry.unwrap()) {
        let bytes = fs::read(entry.path()).unwrap();
        for secret in [PROMPT, "canary", token.as_str(), master_key.trim()] {
            assert!(!holds(&bytes, secret), "{secret} is in {}", entry.path().display());
        }
        let mode = std::os::unix::fs::PermissionsExt::mode(&entry.metadata().unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{} is for others to read", entry.path().display());
    }
    // Restored, the master key is not in it either.
    let folder = tempfile::tempdir().unwrap();
    let said = done(&mut vault.restore(&backup, folder.path()));
    let bytes = fs::read(folder.path().join("promptcards.db")).unwrap();
    assert!(holds(&bytes, PROMPT) && !holds(&bytes, master_key.trim()));
    assert!(said.contains("Put the copy of its master key at"), "{said}");
}

#[tokio::test]
async fn a_backup_is_opened_by_age_zstd_and_tar_and_what_age_seals_by_us() {
    if let Some(missing) = ["age", "zstd", "tar"].into_iter().find(|program| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err()
    }) {
        testkit::not_run("backups opened by other programs", &format!("there is no {missing}"));
        return;
    }
    let (vault, database) = (Vault::make(), super::left(&["one", "two"]).await);
    let backup = vault.made(database.folder());
    let out = tempfile::tempdir().unwrap();
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-e", "-c", script, "sh"]).arg(vault.key()).arg(&backup).arg(&vault.recipient);
        done(command.current_dir(out.path()));
    };
    shell("age -d -i \"$1\" \"$2\" > packed && zstd -q -d < packed | tar -x");
    assert_eq!(cards(out.path()), named(&["one", "two"]));
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(out.path().join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["tables"]["cards"], 2);
    // For two recipients, of which ours is the second.
    shell("age-keygen -o other 2>/dev/null && age -e -i other -r \"$3\" -o again.age packed");
    let folder = tempfile::tempdir().unwrap();
    done(&mut vault.restore(&out.path().join("again.age"), folder.path()));
    assert_eq!(cards(folder.path()), named(&["one", "two"]));
}
