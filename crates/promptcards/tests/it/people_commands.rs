//! `promptcards user`, `api-key` and `keys`, and the first account of a server, from outside.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};

use assert_cmd::Command;
use testkit::{PASSWORD, ServerProcess, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");
const MASTER_KEY: &str = "PROMPTCARDS_SECRETS__MASTER_KEY_FILE";

struct Shell {
    database: TestDatabase,
}

impl Shell {
    fn open() -> Self {
        let database = TestDatabase::new();
        std::fs::write(database.folder().join("password"), format!("{PASSWORD}\n")).unwrap();
        Self { database }
    }

    fn output(&self, line: &str) -> Output {
        let mut command = Command::new(BINARY);
        command
            .env(MASTER_KEY, "master.key")
            .current_dir(self.database.folder())
            .args(line.split(' '))
            .args(["--data-dir", "."]);
        if let Some(url) = self.database.url() {
            command.args(["--database-url", &url]);
        }
        command.output().unwrap()
    }

    /// What a command says that works.
    #[track_caller]
    fn run(&self, line: &str) -> String {
        let output = self.output(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command says that does not, which has nothing on standard output.
    #[track_caller]
    fn refused(&self, line: &str, code: i32) -> String {
        let output = self.output(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(code), &b""[..]),
            "{line}: {said}"
        );
        said
    }

    fn serve(&self) -> ServerProcess {
        let url = self.database.url();
        let mut environment = vec![("PROMPTCARDS_LOG__LEVEL", "warn")];
        environment.extend(url.as_deref().map(|url| ("PROMPTCARDS_STORE__DATABASE_URL", url)));
        ServerProcess::start(BINARY.as_ref(), self.database.folder(), &environment)
    }
}

#[test]
fn accounts_are_made_listed_and_changed_without_a_server() {
    let shell = Shell::open();
    let made =
        shell.run("user create --name ada --role admin --email ada@example.org --password-file password");
    assert_eq!(made, "ada  admin  ada@example.org\n");
    assert_eq!(shell.run("user create --name grace --password-file password"), "grace  user\n");
    let taken = shell.refused("user create --name ADA --password-file password", 1);
    assert!(taken.contains("There is an account of this name"), "{taken}");
    std::fs::write(shell.database.folder().join("weak"), "password1234").unwrap();
    let weak = shell.refused("user create --name eve --password-file weak", 1);
    assert!(weak.contains("Very many people have this password"), "{weak}");
    let missing = shell.refused("user create --name eve --password-file nowhere", 1);
    assert!(missing.contains("the password in nowhere cannot be read"), "{missing}");

    let last = shell.refused("user role ada user", 1);
    assert!(last.contains("There would be no admin left"), "{last}");
    assert_eq!(shell.run("user role grace admin"), "grace  admin\n");
    assert!(shell.run("user disable ada@example.org").contains("disabled since 20"));
    assert_eq!(shell.run("user list").lines().count(), 2);
    assert_eq!(shell.run("user enable ada"), "ada  admin  ada@example.org\n");
    let nobody = shell.refused("user disable eve", 1);
    assert!(nobody.contains("nobody is called `eve`"), "{nobody}");
    let link = shell.run("user reset-link ada");
    assert!(link.starts_with("http://127.0.0.1:3000/reset#") && link.trim().len() == 28 + 43, "{link}");
}

#[test]
fn keys_are_made_listed_and_revoked_without_a_server() {
    let shell = Shell::open();
    shell.run("user create --name ada --role admin --password-file password");
    let key =
        shell.run("api-key create --user ada --name ci --scope cards:read,runs:write --expires-days 30");
    assert!(key.starts_with("pck_") && key.len() == 63, "{key}");
    let listed = shell.run("api-key list --user ada");
    assert!(
        listed.contains("ci  default  cards:read,runs:write  until 20") && !listed.contains(key.trim()),
        "{listed}"
    );
    let unknown = shell.refused("api-key create --user ada --scope root", 1);
    assert!(unknown.contains("possible values: cards:read"), "{unknown}");
    let nowhere = shell.refused("api-key create --user ada --workspace lab --scope export", 1);
    assert!(nowhere.contains("no workspace `lab`"), "{nowhere}");
    assert_eq!(
        shell.run(&format!("api-key revoke --user ada {}", &key[..12])),
        format!("{} is revoked.\n", &key[..12])
    );
    assert!(shell.run("api-key list --user ada").contains("revoked 20"));
    let limits = "--calls-per-day 5000 --tokens-per-day 9 --dollars-per-day 2.50";
    shell.run(&format!("api-key create --user ada --name bounded --scope runs:write {limits}"));
    let listed = shell.run("api-key list --user ada");
    assert!(listed.contains("  today 0 of 5000 calls, 0 of 9 tokens, $0 of $2.5\n"), "{listed}");
    let negative = shell.refused("api-key create --user ada --scope export --calls-per-day=-1", 1);
    assert!(negative.contains("-1 is not in 0..=9007199254740992"), "{negative}");
    assert!(shell.run("keys rotate").contains("another key"));
}

#[test]
fn a_person_is_erased_without_a_server_and_the_audit_log_stays_sound() {
    let shell = Shell::open();
    shell.run("user create --name ada --role admin --password-file password");
    shell.run("user create --name grace --email grace@example.org --password-file password");
    let last = shell.refused("user erase ada", 1);
    assert!(last.contains("There would be no admin left"), "{last}");
    let erased = shell.run("user erase Grace@example.org");
    assert!(erased.starts_with("erased-") && erased.contains("  guest  disabled since 20"), "{erased}");
    let listed = shell.run("user list");
    assert!(listed.contains(&erased) && !listed.contains("grace"), "{listed}");
    let gone = shell.refused("user erase grace", 1);
    assert!(gone.contains("nobody is called `grace`"), "{gone}");
    let exported = shell.run("audit export");
    assert!(exported.contains("user.erase") && !exported.contains("grace"), "{exported}");
    shell.run("audit verify");
}

#[test]
fn a_password_comes_from_standard_input_too() {
    let shell = Shell::open();
    let mut command = Command::new(BINARY);
    command.env(MASTER_KEY, "master.key").current_dir(shell.database.folder()).args([
        "user",
        "create",
        "--name",
        "ada",
        "--data-dir",
        ".",
    ]);
    command
        .args(["--password-file", "-"])
        .args(shell.database.url().iter().flat_map(|url| ["--database-url", url]));
    command.write_stdin("quartz plough mellow hinge\r\n").assert().success().stdout("ada  user\n");
}

#[test]
fn beside_a_server_on_a_file_they_say_what_to_do_instead() {
    let shell = Shell::open();
    let server = shell.serve();
    if shell.database.is_on_server() {
        let made = shell.run("user create --name grace --role admin --password-file password");
        assert_eq!(made, "grace  admin\n");
    } else {
        let said = shell.refused("user create --name grace --role admin --password-file password", 5);
        assert!(said.contains("its pages People and Account do this"), "{said}");
    }
    server.stop();
}

#[test]
fn a_fresh_server_prints_one_link_and_keeps_it_over_a_restart() {
    let shell = Shell::open();
    let file = shell.database.folder().join("setup-token");
    let first = printed(&shell);
    let (address, secret) = first.trim().split_once('#').unwrap();
    assert!(
        address.starts_with("Make the first account: http://127.0.0.1:") && address.ends_with("/setup"),
        "{first}"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), secret);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(printed(&shell).trim().split_once('#').unwrap().1, secret);

    shell.run("user create --name ada --role admin --password-file password");
    let server = shell.serve();
    server.stop();
    assert!(!file.exists(), "there is an account, and nothing to set up");
}

/// The second line that a server prints.
fn printed(shell: &Shell) -> String {
    use std::io::{BufRead, BufReader};
    let mut command = std::process::Command::new(BINARY);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "."])
        .env(MASTER_KEY, "master.key")
        .current_dir(shell.database.folder());
    command.args(shell.database.url().iter().flat_map(|url| ["--database-url", url]));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).nth(1).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}
