//! Nothing is called but what is listed: a corpus of addresses, names and redirects that lead to a canary, which hears
//! nothing.

mod corpus;

use std::net::{IpAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::clock::Clock;
use llm::doctor::Surroundings;
use llm::{
    CallError, CallErrorKind, Endpoint, Guarded, Names, Outbound, OutboundSettings, ProviderKind,
    ProviderSettings, ProvidersSettings, Registry, TimeLimits,
};

use crate::Noon;
use crate::raw::{RawServer, response};

/// Whom nobody may call, at `127.0.0.1` and `[::1]`, and beside it, on the same port of `127.0.0.2`, whom one may.
struct Canary {
    heard: [RawServer; 2],
    allowed: RawServer,
    port: u16,
}

impl Canary {
    /// `answer` is what the allowed server answers with, given the port.
    fn new(answer: impl Fn(u16) -> String) -> Self {
        loop {
            let four = RawServer::start(|_, _| {});
            let port: u16 = four.url.rsplit(':').next().expect("a port").parse().expect("a number");
            let is_free = |address: &str| std::net::TcpListener::bind((address, port)).is_ok();
            if is_free("::1") && is_free("127.0.0.2") {
                let six = RawServer::on(&format!("[::1]:{port}"), |_, _| {});
                let answer = answer(port);
                let allowed = RawServer::on(&format!("127.0.0.2:{port}"), move |_, connection| {
                    if connection.request().is_some() {
                        connection.send(&answer);
                    }
                });
                return Self { heard: [four, six], allowed, port };
            }
        }
    }

    /// How many connections it heard. One is made to be the last, and is not counted.
    fn heard(&self) -> usize {
        let of = |server: &RawServer, address: &str| {
            let before = server.connections();
            let _last = TcpStream::connect((address, self.port)).expect("a connection");
            while server.connections() == before {
                std::thread::yield_now();
            }
            server.connections() - 1
        };
        of(&self.heard[0], "127.0.0.1") + of(&self.heard[1], "::1")
    }

    /// A door that lets calls to the allowed server pass, and to some names.
    fn door(&self, names: impl Fn(&str) -> Vec<IpAddr> + Send + Sync + 'static) -> Registry {
        let port = self.port;
        let listed = ["http://127.0.0.2", "http://10.0.0.0/8", "http://model.test", "http://mixed.test"];
        let others = ["http://metadata.test", "http://mapped.test", "http://nat.test", "http://six.test"];
        let rest = ["http://unspecified.test", "http://rebind.test", "http://zero.test"];
        let endpoints = listed.iter().chain(&others).chain(&rest);
        let endpoints =
            endpoints.map(|endpoint| format!("{endpoint}:{port}").parse().expect("an endpoint")).collect();
        let clock: Arc<dyn Clock> = Arc::new(Noon);
        let settings = OutboundSettings { endpoints };
        let outbound =
            Outbound::closed(&settings, None, Vec::new(), Names::Given(Arc::new(names)), Arc::clone(&clock));
        Registry::within(&ProvidersSettings(Vec::new()), outbound.expect("a door"), &clock, 1)
            .expect("a registry")
    }
}

fn settings(kind: ProviderKind, url: &str) -> ProviderSettings {
    let mut settings = ProviderSettings::new("one", kind);
    settings.base_url = Some(url.to_owned());
    settings.attempts = 1;
    settings.limits = TimeLimits { connect_ms: 300, ..TimeLimits::default() };
    settings
}

/// What the names of the test stand for.
fn names(name: &str) -> Vec<IpAddr> {
    let addresses: &[&str] = match name {
        "localhost" | "deep.localhost" | "model.test" | "unlisted.test" | "a.model.test" => {
            &["127.0.0.1", "::1"]
        }
        "model.test.evil.test" | "127.0.0.1.nip.test" => &["127.0.0.1"],
        "mixed.test" => &["127.0.0.1", "169.254.169.254", "::1"],
        "metadata.test" => &["169.254.169.254", "fd00:ec2::254"],
        "mapped.test" => &["::ffff:127.0.0.1"],
        "nat.test" => &["64:ff9b::127.0.0.1", "2002:7f00:1::"],
        "six.test" => &["::1"],
        "unspecified.test" => &["::"],
        "zero.test" => &["0.0.0.0"],
        _ => &[],
    };
    addresses.iter().map(|address| address.parse().expect("an address")).collect()
}

/// Everything that a provider is asked for, until it fails.
async fn ask(provider: &Guarded) -> Result<(), CallError> {
    let quick = Surroundings {
        around_container: Some(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]),
        proxy_variables: Vec::new(),
        connect: Duration::from_millis(300),
        answer: Duration::from_millis(300),
    };
    let diagnosis = provider.diagnose(Some("m"), &quick).await;
    let listed = provider.models().await.map(drop);
    assert!(listed.is_ok() || !diagnosis.works, "{diagnosis:#?}");
    provider.delete("m").await.or(listed.clone())?;
    listed
}

#[tokio::test]
async fn no_address_name_or_trick_of_the_corpus_reaches_the_canary() {
    let canary = Canary::new(|_| response("200 OK", "application/json", "{\"models\":[]}"));
    let door = canary.door(names);
    let mut tried = 0;
    for url in corpus::leading_to(canary.port) {
        for kind in [ProviderKind::Ollama, ProviderKind::OpenAi] {
            tried += 1;
            // Some are no address of a model server at all.
            let Ok(provider) = door.make(settings(kind, &url)) else { continue };
            let error = ask(&provider).await.expect_err(&url);
            let uniform = error.detail.starts_with("No model server can be reached at");
            assert!(error.kind == CallErrorKind::NotAllowed || uniform, "{url}: {error:?}");
        }
    }
    assert!(tried >= 2 * 60, "{tried}");
    assert_eq!(canary.heard(), 0);
    // The door opens for what is listed, and what is behind it would have been heard.
    let allowed = door.make(settings(ProviderKind::Ollama, &canary.allowed.url)).unwrap();
    assert_eq!(allowed.models().await.map(|models| models.len()), Ok(0));
    let control =
        Registry::new(&ProvidersSettings(Vec::new()), &(Arc::new(Noon) as Arc<dyn Clock>), 1).unwrap();
    let reached = control.make(settings(ProviderKind::Ollama, &canary.heard[0].url)).unwrap();
    reached.models().await.unwrap_err();
    assert_eq!(canary.heard[0].connections(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in
        ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        for scheme in ["http:", ""] {
            let canary = Canary::new(|port| {
                format!(
                    "HTTP/1.1 {status}\r\nLocation: {scheme}//127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
                )
            });
            let door = canary.door(names);
            let provider = door.make(settings(ProviderKind::Ollama, &canary.allowed.url)).unwrap();
            let error = ask(&provider).await.unwrap_err();
            assert!(matches!(error.kind, CallErrorKind::RefusedRequest { status: 300..=399 }), "{error:?}");
            assert!(canary.allowed.connections() > 0);
            assert_eq!(canary.heard(), 0, "{status}");
        }
    }
}

#[tokio::test]
async fn a_name_that_is_pointed_elsewhere_between_two_looks_leads_nowhere_else() {
    let canary = Canary::new(|_| {
        response("200 OK", "application/json", "{\"version\":\"0.9\"}")
            .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
    });
    let looks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&looks);
    // Good for who checks, and bad for who connects, if those were two looks.
    let door = canary.door(move |_| {
        let is_first = counted.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        vec![IpAddr::from(if is_first { [127, 0, 0, 2] } else { [127, 0, 0, 1] })]
    });
    let url = format!("http://rebind.test:{}", canary.port);
    let provider = door.make(settings(ProviderKind::Ollama, &url)).unwrap();
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(provider.version().await.is_ok());
    }
    assert_eq!(answers, [true, false, true, false, true, false]);
    assert_eq!(looks.load(Ordering::SeqCst), 6, "one look a connection");
    assert_eq!(canary.heard(), 0);
}

#[tokio::test]
async fn what_is_taken_from_the_list_is_refused_also_on_a_connection_that_is_open() {
    let canary = Canary::new(|_| String::new());
    // It keeps its connections.
    let server = RawServer::start(|_, connection| {
        while connection.request().is_some() {
            connection.send(response("200 OK", "application/json", "{\"models\":[]}"));
        }
    });
    let door = canary.door(names);
    let provider = door.make(settings(ProviderKind::Ollama, &server.url)).unwrap();
    let error = provider.models().await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NotAllowed);
    assert!(error.detail.contains("none of the endpoints"), "{}", error.detail);
    let endpoint: Endpoint = server.url.parse().unwrap();
    door.outbound().set_added(vec![endpoint.clone()]);
    assert!(provider.models().await.is_ok() && provider.models().await.is_ok());
    door.outbound().set_added(Vec::new());
    assert_eq!(provider.models().await.unwrap_err().kind, CallErrorKind::NotAllowed);
    assert_eq!(server.connections(), 1);
    // What was refused is no contact.
    let contacts = door.outbound().take_contacts();
    assert_eq!(contacts.len(), 1);
    assert!(contacts[&endpoint.to_string()].calls >= 2, "{contacts:?}");
    assert!(door.outbound().take_contacts().is_empty());
}

#[tokio::test]
async fn a_proxy_that_is_named_is_asked_and_finds_the_name_out_itself() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let proxy = RawServer::start(move |_, connection| {
        while let Some(request) = connection.request() {
            heard.lock().unwrap().push(request.lines().next().unwrap_or_default().to_owned());
            connection.send(response("200 OK", "application/json", "{\"version\":\"0.9\"}"));
        }
    });
    let clock: Arc<dyn Clock> = Arc::new(Noon);
    let no_names = |name: &str| -> Vec<IpAddr> { panic!("{name} was looked up") };
    let door = |proxy: &str| {
        let mut one = settings(ProviderKind::Ollama, "http://model.test:11434");
        one.proxy = Some(proxy.parse().unwrap());
        let own = "127.0.0.1:3000".parse().unwrap();
        let names = Names::Given(Arc::new(no_names));
        let settings = OutboundSettings::default();
        let outbound = Outbound::closed(&settings, Some(own), Vec::new(), names, Arc::clone(&clock)).unwrap();
        Registry::within(&ProvidersSettings(vec![one]), outbound, &clock, 1)
    };
    let registry = door(&proxy.url).unwrap();
    assert_eq!(registry.get("one").unwrap().version().await.unwrap().as_deref(), Some("0.9"));
    assert_eq!(*asked.lock().unwrap(), ["GET http://model.test:11434/api/version HTTP/1.1"]);
    let contacts = registry.outbound().take_contacts();
    assert_eq!(contacts.keys().collect::<Vec<_>>(), [&proxy.url, "http://model.test:11434"]);
    // Nobody calls the proxy itself who may add a model server.
    let through = registry.make(settings(ProviderKind::Ollama, &proxy.url)).unwrap();
    assert_eq!(through.version().await.unwrap_err().kind, CallErrorKind::NotAllowed);
    for never in ["http://169.254.169.254:80", "http://127.0.0.1:3000", "http://cache:6379"] {
        assert!(door(never).is_err(), "{never}");
    }
}

#[test]
fn what_is_never_called_cannot_be_listed() {
    let clock: Arc<dyn Clock> = Arc::new(Noon);
    let own = "127.0.0.1:3000".parse().unwrap();
    let outbound =
        Outbound::closed(&OutboundSettings::default(), Some(own), vec![6000], Names::System, clock).unwrap();
    assert_eq!(outbound.configured(), ["http://127.0.0.1:11434".parse().unwrap()]);
    for text in [
        "http://169.254.169.254:80",
        "http://169.254.0.0/16:80",
        "http://[fe80::/10]:80",
        "http://[fd00:ec2::254]:80",
        "http://100.100.100.200:80",
        "http://0.0.0.0:80",
        "http://0.0.0.0/8:80",
        "http://0.0.0.0/0:443",
        "http://[::/0]:443",
        "http://224.0.0.0/4:80",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "http://db:5432",
        "http://cache:6379",
        "http://db:6000",
        "http://[::ffff:a9fe:a9fe]:80",
        "http://[64:ff9b::a9fe:a9fe]:80",
        "http://[2002:a9fe:a9fe::]:80",
    ] {
        let endpoint: Endpoint = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(outbound.may_be_listed(&endpoint).is_err(), "{text}");
        let settings = OutboundSettings { endpoints: vec![endpoint] };
        let clock: Arc<dyn Clock> = Arc::new(Noon);
        assert!(Outbound::closed(&settings, Some(own), vec![6000], Names::System, clock).is_err(), "{text}");
    }
    for text in
        ["http://gpu-box:11434", "http://10.0.0.0/8:8000", "https://api.example.org", "http://127.0.0.1:3001"]
    {
        assert!(outbound.may_be_listed(&text.parse().unwrap()).is_ok(), "{text}");
    }
}
