//! Which faults in which order: a seed decides.

use clap::ValueEnum;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::faults::Fault;

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Kind {
    /// The server is killed
    Kill,
    /// The server stands still
    Pause,
    /// A model server fails
    Model,
    /// Redis is away
    Redis,
    /// The disk is full
    Disk,
    /// The power is lost
    Power,
    /// The clock is set
    Clock,
}

impl Kind {
    /// How often it comes in each deck.
    fn share(self) -> usize {
        match self {
            Self::Kill => 10,
            Self::Model => 6,
            Self::Power | Self::Redis => 2,
            Self::Pause | Self::Disk | Self::Clock => 1,
        }
    }

    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Faults without end. They are dealt from shuffled decks, so that each kind comes as often as it should in any longer
/// stretch.
pub(crate) struct Plan {
    kinds: Vec<Kind>,
    deck: Vec<Kind>,
    random: StdRng,
}

impl Plan {
    pub(crate) fn new(seed: u64, kinds: &[Kind]) -> Self {
        Self { kinds: kinds.to_vec(), deck: Vec::new(), random: StdRng::seed_from_u64(seed) }
    }
}

impl Iterator for Plan {
    type Item = Fault;

    fn next(&mut self) -> Option<Fault> {
        if self.deck.is_empty() {
            self.deck = self.kinds.iter().flat_map(|kind| vec![*kind; kind.share()]).collect();
            self.deck.shuffle(&mut self.random);
        }
        self.deck.pop().map(|kind| Fault::draw(kind, &mut self.random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(seed: u64, kinds: &[Kind]) -> Vec<String> {
        Plan::new(seed, kinds).take(100).map(|fault| fault.to_string()).collect()
    }

    #[test]
    fn a_seed_is_a_sequence_of_faults() {
        let all = Kind::value_variants();
        assert_eq!(faults(7, all), faults(7, all));
        assert_ne!(faults(7, all), faults(8, all));
        assert!(faults(7, &[Kind::Kill]).iter().all(|fault| fault.starts_with("Kill")));
    }

    #[test]
    fn a_deck_has_every_kind() {
        let dealt: Vec<Kind> =
            Plan::new(1, Kind::value_variants()).take(23).map(|fault| fault.kind()).collect();
        for kind in Kind::value_variants() {
            assert_eq!(dealt.iter().filter(|one| *one == kind).count(), kind.share(), "{kind:?}");
        }
    }
}
