//! What goes wrong: each fault knows its measure, what it does, and what must hold then.
//!
//! **To add one**: a file with a struct that is drawn and strikes, a kind in `plan.rs`, an arm in each of these.

mod clock;
mod disk;
mod kill;
mod model;
mod pause;
mod power;
mod redis;

use std::fmt;

use anyhow::Result;
use rand::rngs::StdRng;

pub(crate) use clock::{FakeClock, LIBRARY};

use crate::plan::Kind;
use crate::workload::Workload;
use crate::world::World;

/// A fault with its measures.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Kill(kill::Kill),
    Pause(pause::Pause),
    Model(model::Model),
    Redis(redis::Redis),
    Disk(disk::Disk),
    Power(power::Power),
    Clock(clock::Clock),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(kill) => write!(formatter, "{kill:?}"),
            Self::Pause(pause) => write!(formatter, "{pause:?}"),
            Self::Model(model) => write!(formatter, "{model:?}"),
            Self::Redis(redis) => write!(formatter, "{redis:?}"),
            Self::Disk(disk) => write!(formatter, "{disk:?}"),
            Self::Power(power) => write!(formatter, "{power:?}"),
            Self::Clock(clock) => write!(formatter, "{clock:?}"),
        }
    }
}

impl Fault {
    pub(crate) fn draw(kind: Kind, random: &mut StdRng) -> Self {
        match kind {
            Kind::Kill => Self::Kill(kill::Kill::draw(random)),
            Kind::Pause => Self::Pause(pause::Pause::draw(random)),
            Kind::Model => Self::Model(model::Model::draw(random)),
            Kind::Redis => Self::Redis(redis::Redis::draw(random)),
            Kind::Disk => Self::Disk(disk::Disk::draw(random)),
            Kind::Power => Self::Power(power::Power::draw(random)),
            Kind::Clock => Self::Clock(clock::Clock::draw(random)),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Kill(_) => Kind::Kill,
            Self::Pause(_) => Kind::Pause,
            Self::Model(_) => Kind::Model,
            Self::Redis(_) => Kind::Redis,
            Self::Disk(_) => Kind::Disk,
            Self::Power(_) => Kind::Power,
            Self::Clock(_) => Kind::Clock,
        }
    }

    /// Does it, mends it, and waits until the runs go on.
    pub(crate) async fn strike(&self, world: &mut World, workload: &Workload) -> Result<()> {
        match self {
            Self::Kill(kill) => kill.strike(world, workload).await,
            Self::Pause(pause) => pause.strike(world, workload).await,
            Self::Model(model) => model.strike(world, workload).await,
            Self::Redis(redis) => redis.strike(world, workload).await,
            Self::Disk(disk) => disk.strike(world, workload).await,
            Self::Power(power) => power.strike(world, workload).await,
            Self::Clock(clock) => clock.strike(world, workload).await,
        }
    }
}
