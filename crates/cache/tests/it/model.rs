//! Windows as plainly as they can be written: a list of everything that was ever counted.

use std::collections::HashMap;

use cache::{Charge, WindowKey};
use domain::clock::Millis;

const MINUTE: i64 = 60_000;

/// All that was counted, each with its minute.
#[derive(Default)]
pub(crate) struct Model(HashMap<WindowKey, Vec<(i64, u32)>>);

/// What a window is expected to say: count, reset, wait.
pub(crate) type Said = (u32, i64, i64);

/// What came of charges: whether they were counted, what each window says, and the minute in which it counted.
pub(crate) struct Expected {
    pub(crate) admitted: bool,
    pub(crate) said: Vec<Said>,
    pub(crate) minutes: Vec<i64>,
}

impl Model {
    pub(crate) fn charge(&mut self, charges: &[Charge], now: Millis) -> Expected {
        let this_minute = now.div_euclid(MINUTE);
        let windows: Vec<(i64, Vec<(i64, u32)>)> = charges
            .iter()
            .map(|charge| {
                let all = self.0.get(&charge.key).cloned().unwrap_or_default();
                let last = all.iter().map(|(minute, _)| *minute).max().unwrap_or(this_minute);
                // A clock that was put back by less than a window counts on in the last minute.
                let minute = if last - this_minute < 16 { last.max(this_minute) } else { this_minute };
                let live = all.into_iter().filter(|(counted, _)| (minute - 15..=minute).contains(counted));
                (minute, live.collect())
            })
            .collect();
        let waits: Vec<i64> = charges
            .iter()
            .zip(&windows)
            .map(|(charge, (minute, live))| wait(charge, *minute, live, now))
            .collect();
        let admitted = charges.iter().zip(&waits).all(|(charge, wait)| charge.cost == 0 || *wait == 0);
        let mut said = Vec::new();
        for ((charge, wait), (minute, mut live)) in charges.iter().zip(&waits).zip(windows.clone()) {
            if admitted && charge.cost > 0 {
                live.push((minute, charge.cost));
                self.0.insert(charge.key, live.clone());
            }
            live.retain(|(_, count)| *count > 0);
            let reset = live.iter().map(|(minute, _)| leaves(*minute, now)).min().unwrap_or(0);
            said.push((live.iter().map(|(_, count)| count).sum(), reset, *wait));
        }
        Expected { admitted, said, minutes: windows.iter().map(|(minute, _)| *minute).collect() }
    }

    pub(crate) fn give_back(&mut self, charges: &[Charge], expected: &Expected) {
        for (charge, minute) in charges.iter().zip(&expected.minutes).filter(|_| expected.admitted) {
            let mut cost = charge.cost;
            for (_, count) in self.0.entry(charge.key).or_default().iter_mut().filter(|(at, _)| at == minute)
            {
                let taken = cost.min(*count);
                (*count, cost) = (*count - taken, cost - taken);
            }
        }
    }
}

/// When what was counted in a minute counts no more.
fn leaves(minute: i64, now: Millis) -> i64 {
    (minute + 16) * MINUTE - now
}

/// How long until so few are left that the charge has room; until the window is empty where it never has.
fn wait(charge: &Charge, newest: i64, live: &[(i64, u32)], now: Millis) -> i64 {
    let fits = |live: &[(i64, u32)]| {
        live.iter().map(|(_, count)| count).sum::<u32>() + charge.cost.max(1) <= charge.limit
    };
    if fits(live) {
        return 0;
    }
    let mut left: Vec<(i64, u32)> = live.to_vec();
    left.sort_unstable();
    while let Some((oldest, _)) = left.first().copied() {
        left.retain(|(minute, _)| *minute > oldest);
        if fits(&left) {
            return leaves(oldest, now);
        }
    }
    leaves(newest, now)
}
