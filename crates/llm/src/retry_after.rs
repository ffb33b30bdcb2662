//! How long a server asks to be left alone.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// What `Retry-After` says, be it seconds or a moment. A moment is counted from the server's own `Date`: our clocks
/// need not agree. None: it says nothing, or nothing that makes sense.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let value = text(RETRY_AFTER)?;
    if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        // More than fits is for ever.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    if let Ok(seconds) = value.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let moment = httpdate::parse_http_date(value).ok()?;
    let now = text(DATE).and_then(|now| httpdate::parse_http_date(now).ok())?;
    // A moment that has gone by asks for no pause.
    Some(moment.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_moments_are_read_and_nonsense_is_not() {
        let noon = "Fri, 27 Nov 2026 12:00:00 GMT";
        let later = "Fri, 27 Nov 2026 12:00:07 GMT";
        for (value, date, asked_for) in [
            ("7", None, Some(Duration::from_secs(7))),
            (" 0 ", None, Some(Duration::ZERO)),
            ("1.5", None, Some(Duration::from_millis(1_500))),
            ("99999999999999999999999", None, Some(Duration::from_secs(u64::MAX))),
            (later, Some(noon), Some(Duration::from_secs(7))),
            ("Friday, 27-Nov-26 12:00:07 GMT", Some(noon), Some(Duration::from_secs(7))),
            (noon, Some(later), Some(Duration::ZERO)),
            (later, None, None),
            (later, Some("noon"), None),
            ("-7", None, None),
            ("-0.5", None, None),
            ("nan", None, None),
            ("inf", None, None),
            ("1e300", None, None),
            ("soon", None, None),
            ("", None, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().expect("a header"));
            if let Some(date) = date {
                headers.insert(DATE, date.parse().expect("a header"));
            }
            assert_eq!(asked(&headers), asked_for, "{value:?} at {date:?}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }
}
