//! How the real binary is reached from a network: its own TLS, and what is refused.
#![expect(clippy::panic, reason = "a server that does not start fails the test")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::certificates::Authority;

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");
pub(crate) const NAME: &str = "cards.example.org";

/// A server in a process of its own that has a name.
pub(crate) struct Named {
    child: Child,
    pub(crate) port: u16,
    log: NamedTempFile,
    /// The secret of the link by which the first account is made.
    pub(crate) setup: String,
}

impl Named {
    pub(crate) fn start(folder: &Path, listen: &str, settings: &[(&str, &str)]) -> Self {
        let log = NamedTempFile::new().unwrap();
        let mut child = Command::new(BINARY)
            .args(["serve", "--data-dir", ".", "--listen", listen])
            .env("PROMPTCARDS_SECRETS__MASTER_KEY_FILE", folder.join("master.key"))
            .env("PROMPTCARDS_SERVER__PUBLIC_ORIGIN", format!("https://{NAME}"))
            .envs(settings.iter().copied())
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let said = || std::fs::read_to_string(log.path()).unwrap();
        let ready = lines.next().unwrap_or_else(|| panic!("the server did not start: {}", said()));
        let port = ready.trim_end_matches(')').rsplit_once(':').unwrap().1.parse().unwrap();
        assert!(
            ready.starts_with(&format!("Promptcards is ready: https://{NAME} (it listens on ")),
            "{ready}"
        );
        let link = format!("https://{NAME}/setup#");
        let setup = lines.next().unwrap().split_once(&link).unwrap().1.to_owned();
        Self { child, port, log, setup }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A browser that reaches the name at a port of this machine and trusts one authority.
pub(crate) struct Browser<'a> {
    port: u16,
    folder: &'a Path,
    authority: PathBuf,
}

/// The head of a response, in lower case, and its body.
#[derive(Debug)]
pub(crate) struct Seen(pub(crate) String, pub(crate) String);

impl Seen {
    pub(crate) fn status(&self) -> u16 {
        self.0.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.1).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.0, self.1))
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(port: u16, folder: &'a Path, authority: &Authority) -> Self {
        let file = folder.join("authority.pem");
        std::fs::write(&file, &authority.pem).unwrap();
        Self { port, folder, authority: file }
    }

    /// What the command line of curl brings; an error is what curl says.
    pub(crate) fn ask(&self, path: &str, arguments: &[&str]) -> Result<Seen, String> {
        let jar = self.folder.join("cookies");
        let output = Command::new("curl")
            .args(["-sS", "-i", "--max-time", "20", "--cacert"])
            .arg(&self.authority)
            .args(["--connect-to", &format!("::127.0.0.1:{}", self.port), "-b"])
            .arg(&jar)
            .arg("-c")
            .arg(&jar)
            .args(arguments)
            .arg(format!("https://{NAME}{path}"))
            .output()
            .unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8(output.stdout).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Ok(Seen(head.to_ascii_lowercase(), body.to_owned()))
    }

    pub(crate) fn get(&self, path: &str) -> Seen {
        self.ask(path, &[]).unwrap()
    }

    fn send(&self, method: &str, path: &str, headers: &[&str], body: &Value) -> Seen {
        let body = body.to_string();
        let mut arguments = vec!["-X", method, "-H", "content-type: application/json", "-d", &body];
        arguments.extend(headers.iter().flat_map(|header| ["-H", *header]));
        self.ask(path, &arguments).unwrap()
    }

    /// Makes the first account, and changes it as its page does: by cookies that are sent over TLS alone.
    pub(crate) fn sign_up_and_work(&self, setup: &str) {
        let account = json!({ "secret": setup, "name": "ada", "password": testkit::PASSWORD });
        let made = self.send("POST", "/api/v1/setup", &[], &account);
        assert_eq!(made.status(), 201, "{}", made.1);
        let cookies: Vec<_> = made.0.lines().filter(|line| line.starts_with("set-cookie: ")).collect();
        assert_eq!(cookies.len(), 2, "{}", made.0);
        for (cookie, prefix) in cookies.iter().zip(["__host-pc_at=", "__secure-pc_rt="]) {
            assert!(cookie["set-cookie: ".len()..].starts_with(prefix), "{cookie}");
            assert!(cookie.contains("; secure; httponly; samesite=strict"), "{cookie}");
        }
        let csrf = self.get("/api/v1/session/csrf").json()["csrf_token"].as_str().unwrap().to_owned();
        let csrf = format!("x-csrf-token: {csrf}");
        let (own, other) = (format!("origin: https://{NAME}"), "origin: https://evil.example");
        let workspace = json!({ "slug": "second", "name": "Second" });
        let create = |headers: &[&str]| self.send("POST", "/api/v1/workspaces", headers, &workspace);
        assert_eq!(create(&[&own]).json()["code"], "csrf_failed");
        assert_eq!(create(&[other, &csrf]).json()["code"], "foreign_origin");
        let made = create(&[&own, &csrf]);
        assert_eq!(made.status(), 201, "{}", made.1);
    }
}

pub(crate) fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("-V").stderr(Stdio::null()).output().is_ok();
    if !there {
        testkit::not_run("the server on a network", &format!("{program} is not installed"));
    }
    there
}

pub(crate) fn write((certificate, key): (String, String), folder: &Path) -> [String; 2] {
    [("server.pem", certificate), ("server.key", key)].map(|(name, text)| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

#[test]
fn a_start_that_is_not_safe_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |settings: &[(&str, &str)]| {
        let output = Command::new(BINARY)
            .args(["serve", "--data-dir", "data"])
            .env("PROMPTCARDS_SERVER__LISTEN", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{settings:?}");
        assert!(!folder.path().join("data").exists(), "nothing was made");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = refused(&[("PROMPTCARDS_SERVER__LISTEN", "0.0.0.0:0")]);
    assert!(said.contains("in the clear") && said.contains("server.tls_certificate_file"), "{said}");
    let said = refused(&[("PROMPTCARDS_SERVER__PUBLIC_ORIGIN", "https://cards.example.org")]);
    assert!(said.contains("nobody speaks TLS here"), "{said}");
    let said = refused(&[
        ("PROMPTCARDS_SERVER__TLS_CERTIFICATE_FILE", "missing.pem"),
        ("PROMPTCARDS_SERVER__TLS_KEY_FILE", "missing.key"),
    ]);
    assert!(said.contains("missing.pem cannot be read"), "{said}");
    let said = refused(&[("PROMPTCARDS_SERVER__CORS_ORIGINS", "[\"*\"]")]);
    assert!(said.contains("`*` is no origin"), "{said}");
}

#[test]
fn the_server_speaks_tls_on_every_address_and_takes_a_renewed_certificate() {
    if !is_there("curl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Authority::new("first authority"), Authority::new("second authority"));
    let [certificate, key] = write(first.issue(NAME, false), folder.path());
    let settings = [
        ("PROMPTCARDS_SERVER__TLS_CERTIFICATE_FILE", certificate.as_str()),
        ("PROMPTCARDS_SERVER__TLS_KEY_FILE", key.as_str()),
    ];
    let folder = folder.path();
    let server = Named::start(folder, "0.0.0.0:0", &settings);
    let browser = Browser::new(server.port, folder, &first);
    for (protocol, line) in [("--http2", "http/2 200"), ("--http1.1", "http/1.1 200")] {
        for path in ["/", "/livez"] {
            let seen = browser.ask(path, &[protocol]).unwrap();
            assert!(seen.0.starts_with(line), "{}", seen.0);
            assert!(seen.0.contains("strict-transport-security: max-age=63072000; includesubdomains"));
        }
    }
    for version in ["1.2", "1.3"] {
        browser.ask("/livez", &[&format!("--tlsv{version}"), "--tls-max", version]).unwrap();
    }
    assert!(browser.ask("/livez", &["--tls-max", "1.1"]).is_err());
    browser.sign_up_and_work(&server.setup);

    let renew = |words: &str| {
        let id = server.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
        while !server.log().contains(words) {}
    };
    write(second.issue(NAME, false), folder);
    renew("the certificate was read again");
    let second = Browser::new(server.port, folder, &second);
    assert_eq!(second.get("/livez").status(), 200);
    std::fs::write(folder.join("server.key"), "no key").unwrap();
    renew("the one from before stays");
    assert_eq!(second.get("/livez").status(), 200);
}
