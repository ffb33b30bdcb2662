//! Sets of UTF-16 units, and text whose every character is one such unit.

use std::borrow::Cow;
use std::sync::OnceLock;

/// Where the surrogates stand in mapped text: a private plane, one character a unit.
const SURROGATE_PLANE: u32 = 0xF_0000;

/// A set of UTF-16 units, as sorted ranges that neither overlap nor touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct UnitSet {
    ranges: Vec<(u16, u16)>,
}

impl UnitSet {
    pub(super) fn new(mut ranges: Vec<(u16, u16)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(previous) if u32::from(first) <= u32::from(previous.1) + 1 => {
                    previous.1 = previous.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }

    pub(super) fn one(unit: u16) -> Self {
        Self { ranges: vec![(unit, unit)] }
    }

    pub(super) fn ranges(&self) -> &[(u16, u16)] {
        &self.ranges
    }

    pub(super) fn contains(&self, unit: u16) -> bool {
        if let [(first, last)] = self.ranges.as_slice() {
            return (*first..=*last).contains(&unit);
        }
        let after = self.ranges.partition_point(|(first, _)| *first <= unit);
        after > 0 && self.ranges[after - 1].1 >= unit
    }

    #[must_use]
    pub(super) fn inverted(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0_u32;
        for &(first, last) in &self.ranges {
            if let Some(before) = u32::from(first).checked_sub(1).filter(|before| *before >= next) {
                ranges.push((unit_of(next), unit_of(before)));
            }
            next = u32::from(last) + 1;
        }
        if next <= 0xFFFF {
            ranges.push((unit_of(next), 0xFFFF));
        }
        Self { ranges }
    }

    /// With every unit that differs from a member in case only.
    #[must_use]
    pub(super) fn ignoring_case(&self) -> Self {
        let canonical = canonical_units();
        let mut wanted = vec![false; 0x1_0000];
        for &(first, last) in &self.ranges {
            for unit in first..=last {
                wanted[usize::from(canonical[usize::from(unit)])] = true;
            }
        }
        let members = (0..=0xFFFF_u16).filter(|unit| wanted[usize::from(canonical[usize::from(*unit)])]);
        Self::new(members.map(|unit| (unit, unit)).collect())
    }
}

fn unit_of(value: u32) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// The unit that stands for all that differ from `unit` in case only: `Canonicalize` of
/// ECMA-262, without the flag `u`.
pub(super) fn canonical(unit: u16) -> u16 {
    canonical_units()[usize::from(unit)]
}

fn canonical_units() -> &'static [u16] {
    static UNITS: OnceLock<Vec<u16>> = OnceLock::new();
    UNITS.get_or_init(|| (0..=0xFFFF).map(canonicalize).collect())
}

fn canonicalize(unit: u16) -> u16 {
    let Some(character) = char::from_u32(u32::from(unit)) else {
        return unit;
    };
    let mut upper = character.to_uppercase();
    match (upper.next().and_then(|upper| u16::try_from(u32::from(upper)).ok()), upper.next()) {
        (Some(upper), None) if unit < 128 || upper >= 128 => upper,
        _ => unit,
    }
}

/// The character that stands for a unit in mapped text.
pub(super) fn character_of(unit: u16) -> char {
    let code = u32::from(unit);
    char::from_u32(code)
        .or_else(|| char::from_u32(SURROGATE_PLANE + (code - 0xD800)))
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The same text with each UTF-16 unit as one character. Without a character beyond the basic
/// plane that is the text itself.
pub(super) fn mapped(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte < 0xF0) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.encode_utf16().map(character_of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverted_set_holds_exactly_the_other_units() {
        let sets = [vec![], vec![(0, 0xFFFF)], vec![(0, 3), (5, 5)], vec![(7, 9), (0xFFFF, 0xFFFF)]];
        for ranges in sets {
            let set = UnitSet::new(ranges);
            let inverted = set.inverted();
            assert!((0..=0xFFFF).all(|unit| set.contains(unit) != inverted.contains(unit)), "{set:?}");
            assert_eq!(inverted.inverted(), set);
        }
    }

    #[test]
    fn case_is_ignored_as_javascript_does_without_the_flag_u() {
        let matching = |letter: char| {
            let set = UnitSet::one(u16::try_from(u32::from(letter)).unwrap()).ignoring_case();
            let units: Vec<u16> = (0..=0xFFFF).filter(|unit| set.contains(*unit)).collect();
            String::from_utf16(&units).unwrap()
        };
        assert_eq!(matching('k'), "Kk", "not the Kelvin sign");
        assert_eq!(matching('s'), "Ss", "not the long s");
        assert_eq!(matching('ß'), "ß", "its upper case is two letters");
        assert_eq!(matching('σ'), "Σςσ");
    }

    #[test]
    fn mapped_text_has_one_character_a_unit() {
        for text in ["", "plain", "żółć", "a😀b", "\u{F0000}"] {
            assert_eq!(mapped(text).chars().count(), text.encode_utf16().count());
        }
    }
}
