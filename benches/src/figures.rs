//! Figures and what they are held against.

/// One line of the table.
pub(crate) struct Row {
    what: &'static str,
    measured: String,
    limit: String,
    holds: Option<bool>,
}

impl Row {
    /// A figure with a limit.
    pub(crate) fn new(what: &'static str, measured: String, limit: impl Into<String>, holds: bool) -> Self {
        Self { what, measured, limit: limit.into(), holds: Some(holds) }
    }

    /// A figure without a limit.
    pub(crate) fn plain(what: &'static str, measured: String) -> Self {
        Self { what, measured, limit: "–".to_owned(), holds: None }
    }

    pub(crate) fn line(&self) -> String {
        let verdict = match self.holds {
            Some(true) => "holds",
            Some(false) => "DOES NOT HOLD",
            None => "–",
        };
        format!("| {} | {} | {} | {verdict} |", self.what, self.measured, self.limit)
    }
}

/// The middle one of several figures.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.get(sorted.len() / 2)) {
        (length, Some(upper)) if length.is_multiple_of(2) => (sorted[length / 2 - 1] + upper) / 2.0,
        (_, Some(middle)) => *middle,
        (_, None) => f64::NAN,
    }
}

/// The median with the least and the most beside it.
pub(crate) fn spread(figures: &[f64], digits: usize) -> String {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{:.digits$} ({least:.digits$}–{most:.digits$})", median(figures))
}

/// A count as a number that divides.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}
