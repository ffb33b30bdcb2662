//! The Wilson score interval of a rate.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The two-sided 95 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A 95 % interval of a rate, both ends from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The Wilson score interval (Wilson 1927, without continuity correction) of `passed` of `judged`.
/// None where nothing was judged.
#[expect(clippy::cast_precision_loss, reason = "counts of cells stay far below 2^52")]
pub fn wilson(passed: i64, judged: i64) -> Option<Interval> {
    if judged <= 0 {
        return None;
    }
    let n = judged as f64;
    let rate = passed as f64 / n;
    let z2 = Z * Z;
    let centre = (rate + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).sqrt();
    Some(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(interval: Interval) -> (f64, f64) {
        let round = |end: f64| (end * 1000.0).round() / 10.0;
        (round(interval.low), round(interval.high))
    }

    #[test]
    fn agrees_with_published_values() {
        assert_eq!(wilson(458, 1319).map(percent), Some((32.2, 37.3)));
        assert_eq!(wilson(286, 1319).map(percent), Some((19.5, 24.0)));
        assert_eq!(wilson(0, 10).map(percent), Some((0.0, 27.8)));
        assert_eq!(wilson(10, 10).map(percent), Some((72.2, 100.0)));
        assert_eq!(wilson(0, 0), None);
    }
}
