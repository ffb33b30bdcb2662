//! Access tokens: JWS in compact form, Ed25519 and nothing else.
//!
//! Read by hand because little of a library would be left: the time comes from our clock, the header has three
//! members and no other, and there is one algorithm, which belongs to the key and not to the token.

use std::collections::HashMap;

use data_encoding::BASE64URL_NOPAD;
use domain::clock::Millis;
use domain::ids::{SessionId, TokenId, UserId};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Result;

/// How long a token is good for, in milliseconds.
pub(super) const LASTING: Millis = 5 * 60 * 1000;
/// How far two clocks may be apart, in milliseconds.
pub(super) const LEEWAY: Millis = 30 * 1000;
/// Longest token that is looked at, in bytes.
const LONGEST: usize = 4 * 1024;

const ALGORITHM: &str = "EdDSA";
const TYPE: &str = "at+jwt";

/// The header. A member that is not here, `crit`, `jwk`, `jku` or `x5u` among them, or one that stands twice is refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

/// The claims, all required. Times are seconds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: UserId,
    sid: SessionId,
    jti: TokenId,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// What a token says. Not its role: that is read from the account each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AccessToken {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) id: TokenId,
    /// From when on it is refused.
    pub(super) expires_at: Millis,
}

/// Name of a key: its thumbprint of RFC 7638.
pub(super) fn thumbprint(key: &VerifyingKey) -> String {
    let members =
        format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64URL_NOPAD.encode(key.as_bytes()));
    BASE64URL_NOPAD.encode(&Sha256::digest(members))
}

/// A token that is good from `now` until the time in it.
pub(super) fn sign(
    token: &AccessToken,
    issuer: &str,
    kid: &str,
    key: &SigningKey,
    now: Millis,
) -> Result<String> {
    let seconds = now.div_euclid(1000);
    let header = serde_json::to_vec(&Header { alg: ALGORITHM, typ: TYPE, kid })?;
    let claims = serde_json::to_vec(&Claims {
        iss: issuer,
        aud: issuer,
        sub: token.user,
        sid: token.session,
        jti: token.id,
        iat: seconds,
        nbf: seconds,
        exp: token.expires_at.div_euclid(1000),
    })?;
    let signed = format!("{}.{}", BASE64URL_NOPAD.encode(&header), BASE64URL_NOPAD.encode(&claims));
    let signature = key.sign(signed.as_bytes());
    Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes())))
}

/// What a token says, if it is one of ours and good now.
pub(super) fn verify(
    token: &str,
    issuer: &str,
    keys: &HashMap<String, VerifyingKey>,
    now: Millis,
) -> Option<AccessToken> {
    if token.len() > LONGEST {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
    let header = decode(header)?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    if header.alg != ALGORITHM || header.typ != TYPE {
        return None;
    }
    let signature = Signature::from_slice(&decode(signature)?).ok()?;
    keys.get(header.kid)?.verify_strict(signed.as_bytes(), &signature).ok()?;
    let claims = decode(claims)?;
    let claims: Claims<'_> = serde_json::from_slice(&claims).ok()?;
    let token = AccessToken {
        user: claims.sub,
        session: claims.sid,
        id: claims.jti,
        expires_at: claims.exp.checked_mul(1000)?,
    };
    let begun = claims.iat.max(claims.nbf).checked_mul(1000)? <= now.saturating_add(LEEWAY);
    (claims.iss == issuer && claims.aud == issuer && begun && is_good(&token, now)).then_some(token)
}

/// Whether it has not expired, as far as clocks agree.
pub(super) fn is_good(token: &AccessToken, now: Millis) -> bool {
    now <= token.expires_at.saturating_add(LEEWAY)
}

/// The name of the key that a token says it was signed with.
pub(super) fn kid(token: &str) -> Option<String> {
    let header = BASE64URL_NOPAD
        .decode(token.split_once('.').filter(|_| token.len() <= LONGEST)?.0.as_bytes())
        .ok()?;
    serde_json::from_slice::<Header<'_>>(&header).ok().map(|header| header.kid.to_owned())
}

#[cfg(test)]
#[path = "access_token/tests.rs"]
mod tests;
