//! A model server that is reached over TLS is who it should be, or is told nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::certificates::Authority;

/// What Ollama says when a model is there.
const PULLED: &str = "{\"status\":\"success\"}\n";

/// A model server that speaks TLS, and has every model.
struct Secure {
    address: SocketAddr,
    shown: Arc<Mutex<Arc<ServerConfig>>>,
    /// How many requests it could read.
    read: Arc<AtomicUsize>,
}

fn config((certificate, key): (String, String)) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
}

impl Secure {
    fn start(certificate: (String, String)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (shown, read) = (Arc::new(Mutex::new(config(certificate))), Arc::new(AtomicUsize::new(0)));
        let (of_thread, counted) = (Arc::clone(&shown), Arc::clone(&read));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let config = Arc::clone(&of_thread.lock().unwrap());
                // Whoever does not trust the certificate goes away.
                let _ = answer(config, stream.unwrap(), &counted);
            }
        });
        Self { address, shown, read }
    }

    /// Has it show this certificate from now on.
    fn show(&self, certificate: (String, String)) {
        *self.shown.lock().unwrap() = config(certificate);
    }

    /// Runs a command that calls it, where `trusted` is the only authority. Returns what it said.
    fn run(&self, arguments: &[&str], trusted: &Authority) -> (bool, String) {
        let folder = tempfile::tempdir().unwrap();
        let authorities = folder.path().join("authorities.pem");
        std::fs::write(&authorities, &trusted.pem).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
        command
            .args(arguments)
            .current_dir(folder.path())
            .env("OLLAMA_HOST", format!("https://localhost:{}", self.address.port()))
            .env("SSL_CERT_FILE", &authorities)
            .env_remove("SSL_CERT_DIR");
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

/// Reads one request and answers it.
fn answer(config: Arc<ServerConfig>, stream: TcpStream, read: &AtomicUsize) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        let mut bytes = [0; 4096];
        match stream.read(&mut bytes)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&bytes[..length]),
        }
    }
    read.fetch_add(1, Ordering::Relaxed);
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\n\r\n{PULLED}"
    )?;
    stream.conn.send_close_notify();
    stream.flush()
}

#[test]
fn a_model_server_that_is_not_who_it_should_be_is_told_nothing_and_named_with_the_reason() {
    let (authority, other) = (Authority::new("authority of a test"), Authority::new("somebody else"));
    let server = Secure::start(authority.issue("localhost", false));
    let pull = ["models", "pull", "llama3.2"];
    let (done, said) = server.run(&pull, &authority);
    assert!(done, "{said}");
    assert_eq!(server.read.load(Ordering::Relaxed), 1);

    for (certificate, reason) in [
        (authority.issue("models.example", false), "not valid for name"),
        (other.issue("localhost", false), "UnknownIssuer"),
        (authority.issue("localhost", true), "expired"),
    ] {
        server.show(certificate);
        let (done, said) = server.run(&pull, &authority);
        assert!(!done && said.contains("No model server can be reached"), "{reason}: {said}");
        let (_, said) = server.run(&["doctor"], &authority);
        assert!(said.contains(reason), "{reason}: {said}");
    }
    assert_eq!(server.read.load(Ordering::Relaxed), 1);
}
