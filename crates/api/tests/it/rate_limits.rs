//! How much each may do, seen by those who do it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::clock::{Clock, Millis};
use engine::Error;
use engine::limits::{Limits, LimitsSettings, Policy, Profile};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::raw::Answer;
use crate::running::{Running, W, run_of};
use crate::stream::Events;

const QUARTER: i64 = 15 * 60;
const START: Millis = 1_795_737_600_000;

/// A clock that stands until it is set.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

impl Hand {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(START)))
    }

    fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }
}

fn strict() -> LimitsSettings {
    LimitsSettings { profile: Profile::Strict, ..LimitsSettings::default() }
}

async fn server(settings: LimitsSettings, hand: &Arc<Hand>, proxies: &[&str]) -> Arc<Running> {
    let clock: Arc<dyn Clock> = Arc::clone(hand) as _;
    Arc::new(Running::limited(settings, &clock, proxies).await)
}

/// Asks for what everybody may see: it is counted for the address.
async fn unknown(server: &Running, headers: &[(&str, &str)]) -> Answer {
    server.call("GET /api/v1/openapi.json", headers, &Value::Null).await
}

async fn cards(server: &Running, headers: &[(&str, &str)]) -> Answer {
    server.call("GET /cards", headers, &Value::Null).await
}

/// What `"name";r=…;t=…` says in the header `RateLimit`.
fn left(answer: &Answer, policy: &str) -> (u32, i64) {
    let all = answer.header("ratelimit").unwrap();
    let item = all.split(", ").find_map(|item| item.strip_prefix(&format!("\"{policy}\";r="))).unwrap();
    let (remaining, reset) = item.split_once(";t=").unwrap();
    (remaining.parse().unwrap(), reset.parse().unwrap())
}

fn retry_after(answer: &Answer) -> i64 {
    assert_eq!((answer.status, answer.code().as_str()), (429, "rate_limited"), "{answer:?}");
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_hundred_are_answered_and_the_next_waits_as_long_as_it_is_told() {
    let hand = Hand::new();
    let server = server(strict(), &hand, &[]).await;
    for done in 1..=100 {
        let answer = cards(&server, &[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"general\";q=100;w=900"));
        let (remaining, reset) = left(&answer, "general");
        assert_eq!((remaining, reset), (100 - done, 16 * 60 - i64::from(done - 1) * 2));
        assert_eq!(answer.header("x-ratelimit-limit"), Some("100"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(remaining.to_string().as_str()));
        let at = START / 1_000 + 16 * 60;
        assert_eq!(answer.header("x-ratelimit-reset"), Some(at.to_string().as_str()));
        hand.forward(2);
    }
    let refused = cards(&server, &[]).await;
    let wait = retry_after(&refused);
    assert_eq!((left(&refused, "general"), wait), ((0, wait), 16 * 60 - 200));
    assert_eq!(refused.json()["violated-policies"], json!(["general"]));
    hand.forward(wait - 1);
    assert_eq!(retry_after(&cards(&server, &[]).await), 1);
    hand.forward(1);
    // The first minute has left, with its thirty requests.
    for _ in 0..30 {
        assert_eq!(cards(&server, &[]).await.status, 200);
    }
    retry_after(&cards(&server, &[]).await);
}

#[tokio::test]
async fn of_eight_at_once_exactly_as_many_are_admitted_as_may_be() {
    for (settings, expected) in
        [(strict(), 100), (LimitsSettings { general: Some(317), ..LimitsSettings::default() }, 317)]
    {
        let server = server(settings, &Hand::new(), &[]).await;
        let mut threads = JoinSet::new();
        for _ in 0..8 {
            let server = Arc::clone(&server);
            threads.spawn(async move {
                let mut admitted = 0;
                for _ in 0..100 {
                    admitted += u32::from(cards(&server, &[]).await.status == 200);
                }
                admitted
            });
        }
        assert_eq!(threads.join_all().await.into_iter().sum::<u32>(), expected);
    }
}

#[tokio::test]
async fn a_start_counts_as_a_start_and_as_a_request_and_when_refused_as_neither() {
    let settings = LimitsSettings { ai: Some(2), ..LimitsSettings::default() };
    let server = server(settings, &Hand::new(), &[]).await;
    server.card_with_cases("card", 1).await;
    let (before, _) = left(&cards(&server, &[]).await, "general");
    for done in 1..=2 {
        let answer = server.call("POST /runs", &[], &run_of("card")).await;
        assert!(answer.status < 300, "{answer:?}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"general\";q=3000;w=900, \"ai\";q=2;w=900"));
        assert_eq!((left(&answer, "general").0, left(&answer, "ai").0), (before - done, 2 - done));
        assert_eq!(answer.header("x-ratelimit-limit"), Some("2"));
    }
    for _ in 0..3 {
        let refused = server.call("POST /runs", &[], &run_of("card")).await;
        retry_after(&refused);
        assert_eq!(refused.json()["violated-policies"], json!(["ai"]));
    }
    assert_eq!(left(&cards(&server, &[]).await, "general").0, before - 3);
}

#[tokio::test]
async fn what_is_not_of_the_api_is_not_counted() {
    let server = server(strict(), &Hand::new(), &[]).await;
    for path in ["/", "/assets/index-1a2b.js", "/livez", "/readyz"] {
        for _ in 0..60 {
            let answer = server.get(path).await;
            assert_eq!((answer.status, answer.header("ratelimit")), (200, None), "{path}");
        }
    }
    assert_eq!(left(&cards(&server, &[]).await, "general").0, 99);
}

#[tokio::test]
async fn what_a_stranger_says_of_its_address_counts_for_nothing() {
    let server = server(strict(), &Hand::new(), &[]).await;
    for number in 0..100 {
        let invented = format!("203.0.113.{number}");
        let forwarded = format!("for={invented}");
        let headers = [("x-forwarded-for", invented.as_str()), ("forwarded", forwarded.as_str())];
        assert_eq!(unknown(&server, &headers).await.status, 200);
    }
    retry_after(&unknown(&server, &[("x-forwarded-for", "198.51.100.1")]).await);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_for_itself() {
    let settings = LimitsSettings { general_anonymous: Some(2), ..LimitsSettings::default() };
    let server = server(settings, &Hand::new(), &["127.0.0.1/32", "10.0.0.0/8"]).await;
    let ask = async |chain: &str| unknown(&server, &[("x-forwarded-for", chain)]).await;
    for client in ["198.51.100.1", "198.51.100.2", "2001:db8:1:2::1"] {
        assert_eq!(ask(&format!("203.0.113.9, {client}, 10.1.1.1")).await.status, 200);
        assert_eq!(ask(client).await.status, 200);
        // However it is written, and whatever stands before it.
        retry_after(&ask(&format!("192.0.2.77, {client}")).await);
    }
    retry_after(&ask("::ffff:198.51.100.1").await);
    retry_after(&ask("2001:db8:1:2:ffff::9").await);
    assert_eq!(ask("2001:db8:1:3::1").await.status, 200);
}

#[tokio::test]
async fn so_many_event_streams_are_open_at_once() {
    let settings = LimitsSettings { event_streams: Some(2), ..LimitsSettings::default() };
    let server = server(settings, &Hand::new(), &[]).await;
    server.card_with_cases("card", 1).await;
    let run = server.done("POST /runs", &run_of("card")).await;
    let path = format!("{W}/runs/{}/events", run["id"].as_str().unwrap());
    let open = async || Events::open(&server, &path, &[], None).await;
    let (first, second) = (open().await, open().await);
    let refused = server.call(&format!("GET {path}"), &[], &Value::Null).await;
    retry_after(&refused);
    assert_eq!(refused.json()["violated-policies"], json!(["event_streams"]));
    drop((first, second));
    // Once the server has seen that they are gone, their places are free.
    while server.done("GET /api/v1/limits", &Value::Null).await["event_streams"]["open"] != 0 {}
    open().await;
}

#[tokio::test]
async fn everybody_can_see_how_much_is_left() {
    let settings = LimitsSettings { ai: Some(7), ..LimitsSettings::default() };
    let server = server(settings, &Hand::new(), &[]).await;
    for asked in 1..=3 {
        let seen = server.done("GET /api/v1/limits", &Value::Null).await;
        assert_eq!((&seen["profile"], &seen["window_seconds"]), (&json!("standard"), &json!(900)));
        let policies = seen["policies"].as_array().unwrap();
        let of = |name: &str| policies.iter().find(|policy| policy["policy"] == name).unwrap();
        assert_eq!(of("general")["remaining"], 3_000 - asked);
        assert_eq!(*of("ai"), json!({ "policy": "ai", "limit": 7, "remaining": 7, "reset_seconds": 0 }));
        assert_eq!(policies.len(), Policy::ALL.len());
        assert_eq!(seen["event_streams"], json!({ "limit": 8, "open": 0 }));
        assert_eq!(seen["model_calls"]["limit"], 50);
    }
}

/// Whether a sign-in may be tried; it fails.
async fn fails(limits: &Limits, address: &str, account: &str) -> bool {
    match limits.reserve_sign_in(address.parse().unwrap(), account).await {
        Ok(_failed) => true,
        Err(Error::LimitReached { policy, retry_after }) => {
            assert_eq!((policy, retry_after), ("auth", 16 * 60));
            false
        }
        Err(other) => unreachable!("{other}"),
    }
}

#[tokio::test]
async fn the_sixth_sign_in_that_fails_is_not_looked_at() {
    let clock: Arc<dyn Clock> = Hand::new();
    let strict = testkit::limits(strict(), &clock);
    for account in ["anna", "bert", "anna", "carl", "dora"] {
        assert!(fails(&strict, "192.0.2.1", account).await);
    }
    assert!(!fails(&strict, "192.0.2.1", "anna").await && !fails(&strict, "::ffff:192.0.2.1", "emil").await);
    assert!(fails(&strict, "192.0.2.2", "anna").await);

    let standard = testkit::limits(LimitsSettings::default(), &clock);
    for account in 0..10 {
        for _ in 0..5 {
            assert!(fails(&standard, "192.0.2.1", &format!("account {account}")).await);
        }
        assert!(!fails(&standard, "192.0.2.1", &format!("account {account}")).await);
    }
    assert!(!fails(&standard, "192.0.2.1", "another").await, "fifty of an address");
    // However it is written, it is one account.
    for name in ["anna", " Anna", "ANNA ", "\u{ff41}nna", "ann\u{ff41}"] {
        assert!(fails(&standard, "192.0.2.3", name).await);
    }
    assert!(!fails(&standard, "192.0.2.3", "anna").await);
    assert!(fails(&standard, "192.0.2.2", "account 1").await);
}

#[tokio::test]
async fn a_sign_in_that_succeeds_does_not_count() {
    let hand = Hand::new();
    let clock: Arc<dyn Clock> = Arc::clone(&hand) as _;
    for settings in [strict(), LimitsSettings::default()] {
        let limits = testkit::limits(settings, &clock);
        for _ in 0..100 {
            let reserved = limits.reserve_sign_in("192.0.2.1".parse().unwrap(), "anna").await.unwrap();
            reserved.give_back().await;
        }
        for _ in 0..5 {
            assert!(fails(&limits, "192.0.2.1", "anna").await);
        }
        assert!(!fails(&limits, "192.0.2.1", "anna").await);
    }
}

#[tokio::test]
async fn after_a_quarter_of_an_hour_and_a_minute_everything_is_forgotten() {
    let hand = Hand::new();
    let server = server(LimitsSettings { general: Some(1), ..LimitsSettings::default() }, &hand, &[]).await;
    for _ in 0..5 {
        assert_eq!(left(&cards(&server, &[]).await, "general"), (0, QUARTER + 60));
        retry_after(&cards(&server, &[]).await);
        hand.forward(QUARTER + 60);
    }
}
