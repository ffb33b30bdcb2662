//! Codes of a second factor: RFC 6238 over HMAC-SHA-1, six digits, 30 seconds, which is what every app knows.

use data_encoding::BASE32_NOPAD;
use domain::clock::Millis;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Bytes of a secret.
pub(super) const SECRET: usize = 20;
const DIGITS: usize = 6;
const STEP: Millis = 30 * 1000;

/// The code of a step.
fn code(secret: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let place = usize::from(hash.last()? & 15);
    let four: [u8; 4] = hash.get(place..place + 4)?.try_into().ok()?;
    Some(format!("{:0DIGITS$}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000))
}

/// The step whose code this is: the present one or one beside it, because clocks differ.
pub(super) fn step_of(secret: &[u8], typed: &str, now: Millis) -> Option<i64> {
    let present = now.div_euclid(STEP);
    let mut found = None;
    for step in present - 1..=present + 1 {
        if bool::from(code(secret, step)?.as_bytes().ct_eq(typed.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// The secret as an app takes it by hand.
pub(super) fn written(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// The address that an app reads from a QR code. A name needs no escaping but that of its letters.
pub(super) fn uri(secret: &[u8], account: &str) -> String {
    let account: String = account
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let secret = written(secret);
    format!(
        "otpauth://totp/Promptcards:{account}?secret={secret}&issuer=Promptcards&algorithm=SHA1&digits=6&period=30"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B. Its codes have eight digits; ours are their last six.
    const RFC: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000_i64, "353130"),
        ] {
            assert_eq!(code(RFC, seconds / 30).as_deref(), Some(expected), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_before_and_after_its_own() {
        let own = 1_111_111_109_000_i64.div_euclid(STEP);
        for (steps, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = step_of(RFC, "081804", (own + steps) * STEP);
            assert_eq!(found, good.then_some(own), "{steps} steps away");
        }
        assert_eq!(step_of(RFC, "81804", own * STEP), None);
        assert_eq!(step_of(RFC, "", own * STEP), None);
    }

    #[test]
    fn an_app_reads_the_address() {
        assert_eq!(
            uri(RFC, "søren"),
            "otpauth://totp/Promptcards:s%C3%B8ren?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Promptcards\
             &algorithm=SHA1&digits=6&period=30"
        );
    }
}
