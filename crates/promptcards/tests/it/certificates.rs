//! TLS to `PostgreSQL`, looked at on the wire: a server that is not who it should be is refused with a reason, and
//! nothing is ever said to it in the clear.

use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;
use testkit::{PostgresServer, ServerProcess, Wire};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");
const PASSWORD: &str = "hunter2-of-the-database";
/// How a client asks whether the server speaks TLS.
const REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];

/// Somebody who issues certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(parameters, key), pem }
    }

    /// A certificate for a server of this name, and its key.
    pub(crate) fn issue(&self, name: &str, expired: bool) -> (String, String) {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            parameters.not_before = date_time_ymd(2020, 1, 1);
            parameters.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        (parameters.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// A database server that is reached by way of a wire.
struct Place {
    postgres: PostgresServer,
    wire: Wire,
    folder: TempDir,
}

impl Place {
    fn start(test: &str) -> Option<Self> {
        let postgres = PostgresServer::start(test, &[])?;
        postgres.query("postgres", &format!("CREATE ROLE cards LOGIN PASSWORD '{PASSWORD}'"));
        postgres.query("postgres", "CREATE DATABASE cards OWNER cards");
        // With this rule, the password is sent as it is.
        let rules = "local all all trust\nhost all all 127.0.0.1/32 password\n";
        std::fs::write(postgres.folder().join("data/pg_hba.conf"), rules).unwrap();
        postgres.reload();
        let wire = Wire::to(postgres.address());
        Some(Self { postgres, wire, folder: tempfile::tempdir().unwrap() })
    }

    /// Has the server show this certificate from now on.
    fn show(&self, (certificate, key): (String, String)) {
        let certificate = self.postgres.write_secret("server.crt", &certificate);
        let key = self.postgres.write_secret("server.key", &key);
        self.postgres.query("postgres", &format!("ALTER SYSTEM SET ssl_cert_file = '{certificate}'"));
        self.postgres.query("postgres", &format!("ALTER SYSTEM SET ssl_key_file = '{key}'"));
        self.postgres.set("ssl", "on");
    }

    fn url(&self, mode: &str, authority: Option<&Authority>) -> String {
        let port = self.wire.address().port();
        let url = format!("postgres://cards:{PASSWORD}@localhost:{port}/cards?sslmode={mode}");
        let Some(authority) = authority else { return url };
        let file = self.folder.path().join("authority.pem");
        std::fs::write(&file, &authority.pem).unwrap();
        format!("{url}&sslrootcert={}", file.display())
    }

    fn serve(&self, url: &str) -> ServerProcess {
        let environment = [
            ("PROMPTCARDS_STORE__DATABASE_URL", url),
            ("PROMPTCARDS_STORE__DATABASE_TIMEOUT_MS", "2000"),
            ("PROMPTCARDS_LOG__LEVEL", "info,http=warn"),
        ];
        ServerProcess::start(BINARY.as_ref(), self.folder.path(), &environment)
    }

    /// What a server says that does not start with this URL.
    #[track_caller]
    fn refused(&self, url: &str) -> String {
        let output = Command::new(BINARY)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(self.folder.path())
            .current_dir(self.folder.path())
            .env("PROMPTCARDS_STORE__DATABASE_URL", url)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
        said
    }

    /// All that went over the wire was a question for TLS and, if there was an answer, TLS.
    #[track_caller]
    fn expect_nothing_in_the_clear(&self) {
        let sent = self.wire.sent();
        assert!(sent.starts_with(REQUEST), "{:?}", &sent[..sent.len().min(16)]);
        for secret in [PASSWORD, "cards", "SELECT", "user\0", "promptcards"] {
            let shown = sent.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!shown, "{secret} was sent in the clear");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_the_right_certificate_is_spoken_to_in_tls_alone() {
    let Some(place) = Place::start("the right certificate") else { return };
    let authority = Authority::new("authority of a test");
    place.show(authority.issue("localhost", false));
    for mode in ["verify-full", "verify-ca", "require"] {
        let server = place.serve(&place.url(mode, Some(&authority)));
        server.actor.get("W/cards").await.expect(200);
    }
    // 22 begins a handshake of TLS.
    assert_eq!(place.wire.sent()[REQUEST.len()], 22);
    place.expect_nothing_in_the_clear();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_who_it_should_be_is_refused_with_the_reason() {
    let Some(place) = Place::start("wrong certificates") else { return };
    let (authority, other) = (Authority::new("authority of a test"), Authority::new("somebody else"));
    for mode in ["verify-full", "verify-ca", "require"] {
        let url = place.url(mode, Some(&authority));
        // So far it has no certificate at all: it is asked whether it speaks TLS, and left alone.
        place.postgres.set("ssl", "off");
        let said = place.refused(&url);
        assert!(said.contains("it does not speak TLS; switch `ssl` on"), "{said}");
        let refusals = [
            (authority.issue("db.example", false), "is for db.example, not for localhost; name the server"),
            (other.issue("localhost", false), "issued by nobody that is trusted here; name the file"),
            (authority.issue("localhost", true), "its certificate has expired; renew it"),
        ];
        for (certificate, reason) in refusals {
            place.show(certificate);
            let said = place.refused(&url);
            assert!(said.contains("cannot be trusted") && said.contains(reason), "{said}");
            assert!(said.contains("no password was sent"), "{said}");
        }
    }
    // Without the file, it is the system that says whom to trust.
    place.show(authority.issue("localhost", false));
    let said = place.refused(&place.url("verify-full", None));
    assert!(said.contains("issued by nobody that is trusted here"), "{said}");
    place.expect_nothing_in_the_clear();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_gets_one_question_and_no_more() {
    let Some(place) = Place::start("no TLS") else { return };
    let authority = Authority::new("authority of a test");
    let said = place.refused(&place.url("verify-full", Some(&authority)));
    assert!(said.contains("it does not speak TLS"), "{said}");
    assert_eq!(place.wire.sent(), REQUEST);
    let missing = place.url("verify-full", None) + "&sslrootcert=/nowhere/authority.pem";
    let said = place.refused(&missing);
    assert!(said.contains("sslrootcert /nowhere/authority.pem"), "{said}");
    assert_eq!(place.wire.sent(), REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_goes_bad_under_way_is_a_refusal_until_it_is_good_again() {
    let Some(place) = Place::start("a certificate that expires") else { return };
    let authority = Authority::new("authority of a test");
    place.show(authority.issue("localhost", false));
    let server = place.serve(&place.url("verify-full", Some(&authority)));
    server.actor.get("W/cards").await.expect(200);
    place.show(authority.issue("localhost", true));
    place.wire.cut();
    let refused = server.actor.get("W/cards").await;
    assert!(refused.retry_after.is_some());
    refused.expect_problem(503, "unavailable");
    // The first to be refused may have met the lost connection; who connects anew meets the certificate.
    while !server.log().contains("has expired; renew it") {
        assert_eq!(server.actor.get("W/cards").await.status, 503, "{}", server.log());
    }
    place.show(authority.issue("localhost", false));
    while server.actor.get("W/cards").await.status != 200 {}
    place.expect_nothing_in_the_clear();
}
