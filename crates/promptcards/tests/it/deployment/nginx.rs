//! A real nginx, started from the files of `deploy/nginx`: only ports, paths and certificates are this machine's.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::{Certificate, Client};
use testkit::Actor;

use super::{free_port, read, replaced};
use crate::certificates::Authority;
use crate::network::{NAME, write};

/// nginx at work. It is ended when this is dropped.
pub(super) struct Nginx {
    child: Child,
    folder: PathBuf,
    /// Where it speaks TLS.
    pub(super) port: u16,
    /// Where it sends people to TLS.
    pub(super) plain_port: u16,
    authority: String,
}

impl Nginx {
    /// Before two servers, of which either may be missing.
    pub(super) fn before(upstreams: [u16; 2], folder: &Path, authority: &Authority) -> Self {
        let files = write(authority.issue(NAME, false), folder);
        let (port, plain_port) = (free_port(), free_port());
        let servers = [("10.0.0.11:3000", upstreams[0]), ("10.0.0.12:3000", upstreams[1])];
        let servers = servers.map(|(written, here)| (written, format!("127.0.0.1:{here}")));
        let upstreams = replaced(&read("deploy/nginx/upstreams.conf"), &servers);
        let file = write_configuration(folder, &upstreams, [port, plain_port], files);
        let mut child =
            program().args(["-g", "daemon off; master_process off;", "-c"]).arg(&file).spawn().unwrap();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "nginx did not start: {}",
                fs::read_to_string(folder.join("nginx.log")).unwrap_or_default()
            );
        }
        Self { child, folder: folder.to_owned(), port, plain_port, authority: authority.pem.clone() }
    }

    /// Somebody who reaches the servers through it.
    pub(super) fn actor(&self) -> Actor {
        promptcards::install_cryptography();
        let client = Client::builder()
            .no_proxy()
            .tls_certs_only([Certificate::from_pem(self.authority.as_bytes()).unwrap()])
            .resolve(NAME, ([127, 0, 0, 1], self.port).into());
        Actor::by(client.build().unwrap(), format!("https://{NAME}:{}", self.port))
    }

    /// What it wrote of each request.
    pub(super) fn requests(&self) -> String {
        fs::read_to_string(self.folder.join("requests.log")).unwrap()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The configuration of the container, which includes the two others, with what is this machine's.
fn write_configuration(
    folder: &Path,
    upstreams: &str,
    [port, plain_port]: [u16; 2],
    [certificate, key]: [String; 2],
) -> PathBuf {
    let at = |name: &str| folder.join(name).display().to_string();
    let site = replaced(
        &read("deploy/nginx/promptcards.conf"),
        &[
            ("listen 443", format!("listen 127.0.0.1:{port}")),
            ("listen 80", format!("listen 127.0.0.1:{plain_port}")),
            ("/etc/ssl/promptcards/cards.example.org.pem", certificate.clone()),
            ("/etc/ssl/promptcards/cards.example.org.key", key.clone()),
            ("/var/log/nginx/access.log", at("requests.log")),
        ],
    );
    fs::write(at("promptcards.conf"), &site).unwrap();
    // Of the site of Grafana, what is this machine's as well.
    let monitor = replaced(
        &read("deploy/nginx/container/monitor.conf"),
        &[
            ("listen 443", format!("listen 127.0.0.1:{port}")),
            ("/etc/ssl/promptcards/cards.example.org.pem", certificate.clone()),
            ("/etc/ssl/promptcards/cards.example.org.key", key.clone()),
        ],
    );
    fs::write(at("monitor.conf"), monitor).unwrap();
    fs::write(at("upstreams.conf"), upstreams).unwrap();
    let whole = replaced(
        &read("deploy/nginx/container/nginx.conf"),
        &[("/tmp", at("")), ("/dev/stderr", at("nginx.log")), ("/etc/nginx/promptcards", at(""))],
    );
    fs::write(at("nginx.conf"), whole).unwrap();
    folder.join("nginx.conf")
}

/// Who is not root has no /usr/sbin in PATH.
fn program() -> Command {
    let program = ["/usr/sbin/nginx", "nginx"].into_iter().find(|path| Path::new(path).exists());
    let mut command = Command::new(program.unwrap_or("nginx"));
    command.stderr(Stdio::null());
    command
}

/// Whether the programs are there; if not, says so for `test`.
pub(super) fn is_there(test: &str) -> bool {
    let missing = ["curl", "nginx"].into_iter().find(|name| {
        let mut command = if *name == "nginx" { program() } else { Command::new(name) };
        command.arg("-V").stdout(Stdio::null()).status().is_err()
    });
    if let Some(missing) = missing {
        testkit::not_run(test, &format!("{missing} is not installed"));
    }
    missing.is_none()
}

#[test]
fn the_configurations_of_a_host_and_of_the_containers_are_sound() {
    if !is_there("the configurations of nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let host = replaced(&read("deploy/nginx/upstreams.conf"), &[("10.0.0.1", "127.0.0.1".to_owned())]);
    // To ask for a name again needs a newer nginx than some machines of ours have.
    let container = replaced(
        &read("deploy/nginx/container/upstreams.conf"),
        &[("promptcards:3000 resolve", "127.0.0.1:3000".to_owned())],
    );
    for upstreams in [host, container] {
        let files = write(Authority::new("authority").issue(NAME, false), folder.path());
        let file = write_configuration(folder.path(), &upstreams, [free_port(), free_port()], files);
        let checked = program().arg("-t").arg("-c").arg(&file).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success() && !said.contains("[warn]"), "{said}");
    }
}

#[test]
fn the_limits_of_nginx_are_those_of_the_servers() {
    let site = read("deploy/nginx/promptcards.conf");
    let import = read("crates/api/src/transfer/import.rs");
    assert!(
        import.contains("const LIMIT: usize = 32 * 1024 * 1024;")
            && site.contains("client_max_body_size 32m;")
    );
    // The servers' time is in the reference; nginx must let go of a connection before they do.
    assert!(read("docs/operations/network.md").contains("| idle | closed after 60 s |"));
    for file in ["deploy/nginx/upstreams.conf", "deploy/nginx/container/upstreams.conf"] {
        assert!(read(file).contains("keepalive_timeout 50s;"), "{file}");
    }
}
