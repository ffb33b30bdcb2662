//! TLS that ends at the server.

use std::sync::Arc;

use api::door::Reach;
use api::serve::{Connections, Tls, TlsFiles};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::raw::{Answer, request};
use crate::server::{Server, expect_headers, test_router};

/// A server with a certificate of its own, which its clients trust.
pub(crate) struct Secure {
    pub(crate) server: Server,
    tls: Arc<Tls>,
    certificate: CertificateDer<'static>,
    folder: TempDir,
}

impl Secure {
    /// One of the routes of every test server.
    pub(crate) async fn start() -> Self {
        let entered = Arc::new(tokio::sync::Notify::new());
        let told = Arc::clone(&entered);
        let mut secure = Self::of(|door, closing| test_router(door, closing.clone(), told)).await;
        secure.server.entered = entered;
        secure
    }

    /// One of any router.
    pub(crate) async fn of(
        router: impl FnOnce(&Arc<api::door::Door>, &tokio_util::sync::CancellationToken) -> axum::Router,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificate = write_certificate(&folder);
        let tls = Tls::load(files(&folder)).unwrap();
        let connections = Connections { tls: Some(Arc::clone(&tls)), ..Connections::default() };
        let server = Server::with(connections, |port| Reach::at(port, true, None), router).await;
        Self { server, tls, certificate, folder }
    }

    /// Connects with these protocols.
    pub(crate) async fn connect(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(self.server.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    /// What is answered to a request over HTTP/1.1.
    async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect(&["http/1.1"]).await;
        stream.write_all(&request(self.server.address, line, headers, body)).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        Answer::parse(&bytes)
    }
}

fn files(folder: &TempDir) -> TlsFiles {
    TlsFiles { certificate: folder.path().join("server.pem"), key: folder.path().join("server.key") }
}

/// Writes a new certificate for `localhost` and its key.
fn write_certificate(folder: &TempDir) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = files(folder);
    std::fs::write(files.certificate, cert.pem()).unwrap();
    std::fs::write(files.key, signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

#[tokio::test]
async fn requests_over_tls_are_those_of_its_own_page() {
    let secure = Secure::start().await;
    let answer = secure.ask("GET /list", &[], b"").await;
    assert_eq!(answer.status, 200);
    expect_headers(&answer, false);
    let address = secure.server.address;
    for (origin, status) in [(format!("https://{address}"), 200), (format!("http://{address}"), 403)] {
        let headers = [("origin", origin.as_str()), ("content-type", "application/json")];
        let answer = secure.ask("POST /echo", &headers, br#"{"title":"a"}"#).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}

#[tokio::test]
async fn nothing_is_answered_in_the_clear() {
    let secure = Secure::start().await;
    let mut stream = TcpStream::connect(secure.server.address).await.unwrap();
    stream.write_all(&request(secure.server.address, "GET /list", &[], b"")).await.unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    // At most the alert with which a handshake ends.
    assert!(bytes.len() < 16 && !bytes.starts_with(b"HTTP"), "{bytes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_10_seconds() {
    let secure = Secure::start().await;
    for begun in [&b""[..], &[22, 3, 1]] {
        let mut stream = TcpStream::connect(secure.server.address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        let started = Instant::now();
        let _ = stream.read_to_end(&mut Vec::new()).await;
        let seconds = started.elapsed().as_secs();
        assert!((9..=11).contains(&seconds), "{seconds}");
    }
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_bad_one_is_not() {
    let mut secure = Secure::start().await;
    let mut open = secure.connect(&["http/1.1"]).await;
    let new = write_certificate(&secure.folder);
    assert_ne!(new, secure.certificate);
    secure.tls.reload().unwrap();
    secure.certificate = new;
    assert_eq!(secure.ask("GET /list", &[], b"").await.status, 200);

    std::fs::write(files(&secure.folder).certificate, "no certificate").unwrap();
    let error = secure.tls.reload().unwrap_err().to_string();
    assert!(error.ends_with("server.pem holds no certificate in PEM"), "{error}");
    assert_eq!(secure.ask("GET /list", &[], b"").await.status, 200);
    // A connection from before goes on.
    open.write_all(&request(secure.server.address, "GET /list", &[], b"")).await.unwrap();
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(Answer::parse(&bytes).status, 200);
}

#[test]
fn what_cannot_be_used_is_said_with_its_file() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let said = || Tls::load(files(&folder)).unwrap_err().to_string();
    assert!(said().contains("server.pem cannot be read: No such file"), "{}", said());
    write_certificate(&folder);
    std::fs::write(files(&folder).key, "").unwrap();
    assert!(said().ends_with("server.key holds no private key in PEM"), "{}", said());
    write_certificate(&other);
    std::fs::copy(files(&other).key, files(&folder).key).unwrap();
    assert!(said().contains("cannot be used with the key"), "{}", said());
}
