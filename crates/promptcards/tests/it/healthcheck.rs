//! `promptcards healthcheck`, as a container or a balancer calls it.

use std::process::{Command, Output};

use testkit::ServerProcess;

use crate::certificates::Authority;
use crate::network::{NAME, Named, write};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");

fn check(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    command.arg("healthcheck").args(arguments).envs(settings.iter().copied()).current_dir(folder.path());
    command.output().unwrap()
}

/// What one that failed said, in its one line.
fn refusal(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((output.status.code(), output.stdout.len(), said.lines().count()), (Some(1), 0, 1), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_ready_until_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let stops_slowly = [("PROMPTCARDS_SERVER__ACCEPT_AFTER_STOP_MS", "20000")];
    let server = ServerProcess::start(BINARY.as_ref(), folder.path(), &stops_slowly);
    let address = server.address().to_string();
    let url = format!("http://{address}");
    let everywhere = format!("0.0.0.0:{}", server.address().port());
    let behind_proxy = [
        ("PROMPTCARDS_SERVER__LISTEN", everywhere.as_str()),
        ("PROMPTCARDS_SERVER__BEHIND_TLS_PROXY", "true"),
        ("PROMPTCARDS_SERVER__TRUSTED_PROXIES", "[\"10.0.0.0/8\"]"),
        ("PROMPTCARDS_SERVER__PUBLIC_ORIGIN", "https://cards.example.org"),
    ];
    for output in [
        check(&[], &[("PROMPTCARDS_SERVER__LISTEN", &address)]),
        check(&["--listen", &address], &[]),
        check(&["--url", &url], &[]),
        // As in a container.
        check(&[], &behind_proxy),
    ] {
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{url}/readyz is ready\n"));
    }
    // A program that is there and is no server of ours, or another page of one, is not ready.
    assert!(
        refusal(&check(&["--url", &format!("{url}/api/v1/account")], &[])).contains("is not ready: 401: ")
    );

    server.signal("TERM");
    let stopping = loop {
        let output = check(&["--url", &url], &[]);
        if !output.status.success() {
            break refusal(&output);
        }
    };
    assert!(stopping.contains("/readyz is not ready: 503: The server is stopping"), "{stopping}");
    server.kill();
    assert!(refusal(&check(&["--url", &url], &[])).contains("/readyz does not answer: "));
}

#[test]
fn a_server_with_its_own_tls_is_asked_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = write(Authority::new("authority").issue(NAME, false), folder.path());
    let settings = [
        ("PROMPTCARDS_SERVER__TLS_CERTIFICATE_FILE", certificate.as_str()),
        ("PROMPTCARDS_SERVER__TLS_KEY_FILE", key.as_str()),
    ];
    let server = Named::start(folder.path(), "0.0.0.0:0", &settings);
    let listen = format!("0.0.0.0:{}", server.port);
    let name = [("PROMPTCARDS_SERVER__PUBLIC_ORIGIN", "https://cards.example.org")];
    let output = check(&["--listen", &listen], &[&settings[..], &name].concat());
    assert!(output.status.success(), "{output:?}");
    // Somebody else's certificate is looked at.
    let url = format!("https://127.0.0.1:{}", server.port);
    assert!(refusal(&check(&["--url", &url], &[])).contains("does not answer"));
}

#[test]
fn what_names_no_server_is_refused() {
    assert!(
        refusal(&check(&["--listen", "127.0.0.1:0"], &[])).contains("say with --url where the server is")
    );
    for url in ["127.0.0.1:3000", "ftp://127.0.0.1", "nonsense"] {
        assert!(refusal(&check(&["--url", url], &[])).contains("is no address such as"), "{url}");
    }
    assert!(refusal(&check(&[], &[("PROMPTCARDS_SERVER__LISTN", "x")])).contains("listn"));
}
