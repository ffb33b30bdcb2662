//! Whether the time of a refusal tells that there is an account: minutes, on a machine that does nothing else
//! (`make test-security`).

use serde_json::json;
use tokio::time::Instant;

use crate::running::Running;

const PAIRS: usize = 400;
const ROUNDS: usize = 3;

/// The chance that one of `slow` took longer than one of `fast`: 0.5 where nobody can tell them apart.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn area_under_curve(slow: &[f64], fast: &[f64]) -> f64 {
    let mut above = 0.0;
    for one in slow {
        for other in fast {
            above += if one > other {
                1.0
            } else if one < other {
                0.0
            } else {
                0.5
            };
        }
    }
    above / (slow.len() as f64 * fast.len() as f64)
}

#[tokio::test]
async fn nobody_can_tell_an_unknown_name_from_a_known_one_by_the_time() {
    let server = Running::start().await;
    let took = async |name: &str| {
        let body = json!({ "name": name, "password": "wrong horse, wrong battery" });
        let begun = Instant::now();
        let answer = server.call("POST /api/v1/session", &[], &body).await;
        let took = begun.elapsed().as_secs_f64();
        assert_eq!(answer.code(), "sign_in_failed");
        // After ten failures in a row a name waits: that is for known and unknown ones alike, and no part of this.
        let clear = server.store.write(|conn| store::sign_in_failures::forget(conn, i64::MAX));
        clear.await.unwrap();
        took
    };
    let mut apart = 0;
    for round in 0..ROUNDS {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for pair in 0..PAIRS {
            known.push(took(testkit::ADMIN).await);
            unknown.push(took(&format!("nobody-{round}-{pair}")).await);
        }
        let area = area_under_curve(&known, &unknown);
        if !(0.45..=0.55).contains(&area) {
            apart += 1;
        }
    }
    assert!(apart < 2, "in {apart} of {ROUNDS} rounds the times were not alike");
}
