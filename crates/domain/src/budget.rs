//! Budgets: how many model calls, tokens and dollars may be used on a day.

use std::fmt;

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::{Millis, Timestamp};
use crate::cost::NanoDollars;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Largest budget of calls or tokens: beyond it a number of JSON is no longer exact.
pub const MOST: i64 = 1 << 53;

/// A day of UTC, as days since 1970-01-01. Budgets begin anew with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// The day of a time.
    pub fn of(time: Millis) -> Self {
        Self(time.div_euclid(DAY_MS))
    }

    /// When the next day begins.
    pub fn end(self) -> Timestamp {
        Timestamp((self.0 + 1).saturating_mul(DAY_MS))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begin = Timestamp(self.0.saturating_mul(DAY_MS)).to_string();
        formatter.write_str(begin.split('T').next().unwrap_or_default())
    }
}

/// What may be used on a day. None: as much as anybody likes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Model calls, those that failed included.
    #[garde(range(min = 0, max = MOST))]
    pub calls: Option<i64>,
    /// Tokens of prompts and answers.
    #[garde(range(min = 0, max = MOST))]
    pub tokens: Option<i64>,
    /// US dollars, as far as the prices of the models are known.
    #[garde(skip)]
    pub cost_usd: Option<NanoDollars>,
}

/// What was used. Simulated models use nothing, and so does an answer of an earlier run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DailyUsage {
    /// Model calls, those that failed included.
    pub calls: i64,
    /// Tokens of prompts and answers.
    pub tokens: i64,
    /// US dollars, as far as the prices of the models are known.
    pub cost_usd: NanoDollars,
}

impl DailyUsage {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            tokens: self.tokens.saturating_add(other.tokens),
            cost_usd: NanoDollars(self.cost_usd.0.saturating_add(other.cost_usd.0)),
        }
    }
}

impl Budget {
    /// Which part of it is used up, in words, if one is: `5 calls`.
    pub fn used_up(&self, used: &DailyUsage) -> Option<String> {
        if let Some(calls) = self.calls.filter(|calls| used.calls >= *calls) {
            return Some(format!("{calls} calls"));
        }
        if let Some(tokens) = self.tokens.filter(|tokens| used.tokens >= *tokens) {
            return Some(format!("{tokens} tokens"));
        }
        self.cost_usd.filter(|cost| used.cost_usd >= *cost).map(|cost| format!("${cost}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_utc() {
        assert_eq!(Day::of(1_795_737_600_000 - 1).to_string(), "2026-11-26");
        assert_eq!(Day::of(1_795_737_600_000).to_string(), "2026-11-27");
        assert_eq!(Day::of(1_795_737_600_000).end().to_string(), "2026-11-28T00:00:00.000Z");
    }

    #[test]
    fn a_budget_is_used_up_by_whichever_part_is_first() {
        let budget = Budget { calls: Some(5), tokens: None, cost_usd: Some(NanoDollars(1_500_000_000)) };
        let used = |calls, cost| DailyUsage { calls, tokens: 1_000_000, cost_usd: NanoDollars(cost) };
        assert_eq!(budget.used_up(&used(4, 1_499_999_999)), None);
        assert_eq!(budget.used_up(&used(5, 0)), Some("5 calls".to_owned()));
        assert_eq!(budget.used_up(&used(0, 1_500_000_000)), Some("$1.5".to_owned()));
        assert_eq!(Budget::default().used_up(&used(1_000, 1_000)), None);
        let nothing = Budget { tokens: Some(0), ..Budget::default() };
        assert_eq!(nothing.used_up(&DailyUsage::default()), Some("0 tokens".to_owned()));
    }
}
