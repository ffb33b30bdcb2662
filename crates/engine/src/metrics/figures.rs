//! How things are now, looked up when somebody asks.

use std::fmt;
use std::sync::Arc;

use cache::Kind;
use domain::clock::Millis;
use domain::run::RunState;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::{MetricType, TypedMetric};
use resilience::BreakerState;
use resilience::dependency::Status;
use store::Load;
use store::figures::OpenRuns;

use crate::Engine;
use crate::backups::BackupFigures;
use crate::health::Health;
use crate::runs::CALLS_AT_ONCE;

/// The states of runs that have not ended.
const OPEN: [RunState; 4] = [RunState::Preparing, RunState::Queued, RunState::Running, RunState::Paused];

/// How things are now.
#[derive(Debug)]
pub struct Figures {
    /// Runs and their open cells, by state; None where the database does not answer.
    runs: Option<Vec<OpenRuns>>,
    /// Cells that this process works on.
    in_flight: usize,
    calls: usize,
    sessions: Option<i64>,
    event_streams: u32,
    store: Load,
    /// Hits and misses of each kind of answer.
    cache: Vec<(&'static str, u64, u64)>,
    health: Arc<Health>,
    /// None: nobody has asked for backups.
    backups: Option<BackupFigures>,
}

impl Engine {
    /// Looks at everything that has a figure. Where the database does not answer, what it would have said is left out:
    /// the rest is wanted most just then.
    pub async fn figures(&self) -> Figures {
        let now = self.clock.now();
        let counted = self.store.read(move |conn| {
            Ok((store::figures::open_runs(conn)?, store::figures::living_sessions(conn, now)?))
        });
        let (health, counted) = tokio::join!(self.health(), counted);
        // Why it does not answer, the log and the health report say.
        let (runs, sessions) = counted.ok().unzip();
        let answers = ("response", self.metrics.answers_found.get(), self.metrics.answers_missed.get());
        let of_kind = |kind: Kind| {
            let counts = self.cache.counts(kind);
            (kind.name(), counts.hits + counts.shared_hits, counts.misses)
        };
        Figures {
            runs,
            sessions,
            event_streams: self.limits.all_streams(),
            in_flight: self.worker.cells_in_flight(),
            calls: self.worker.calls_in_flight(),
            store: self.store.load().unwrap_or_default(),
            cache: Kind::ALL.into_iter().map(of_kind).chain([answers]).collect(),
            health,
            backups: self.backup_figures(),
        }
    }
}

/// Writes one name after the other.
struct Writer<'a>(DescriptorEncoder<'a>);

type Labels<'a, const N: usize> = [(&'static str, &'a str); N];

impl Writer<'_> {
    fn one(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.gauges(name, help, [([], value)])
    }

    fn gauges<'v, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels<'v, N>, f64)>,
    ) -> fmt::Result {
        let values = values.into_iter().map(|(labels, value)| (labels, ConstGauge::new(value)));
        self.all(name, help, MetricType::Gauge, values)
    }

    fn counters<'v, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels<'v, N>, u64)>,
    ) -> fmt::Result {
        let values = values.into_iter().map(|(labels, value)| (labels, ConstCounter::new(value)));
        self.all(name, help, MetricType::Counter, values)
    }

    fn all<'v, const N: usize, M: EncodeMetric + TypedMetric>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        values: impl IntoIterator<Item = (Labels<'v, N>, M)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, metric) in values {
            if N == 0 {
                return metric.encode(family);
            }
            metric.encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

/// A count as Prometheus has it.
#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers than these")]
fn number(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers than these")]
fn bytes(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers than these")]
fn rows(count: i64) -> f64 {
    count as f64
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut writer = Writer(encoder);
        self.write_runs(&mut writer)?;
        self.write_dependencies(&mut writer)?;
        self.write_store(&mut writer)?;
        writer.counters(
            "cache_requests",
            "Answers that were looked for in a cache",
            self.cache.iter().flat_map(|&(kind, hits, misses)| {
                [("hit", hits), ("miss", misses)]
                    .map(|(result, count)| ([("kind", kind), ("result", result)], count))
            }),
        )?;
        writer.one("event_streams", "Event streams that are open", f64::from(self.event_streams))?;
        if let Some(backups) = &self.backups {
            write_backups(&mut writer, backups)?;
        }
        let Some(sessions) = self.sessions else { return Ok(()) };
        writer.one("sessions", "Sessions that have not ended", rows(sessions))
    }
}

impl Figures {
    fn write_runs(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.one("model_calls_in_flight", "Calls of models of runs, at most 50", number(self.calls))?;
        let Some(runs) = &self.runs else { return Ok(()) };
        writer.gauges(
            "runs",
            "Runs that have not ended, by state",
            OPEN.map(|state| {
                let of_state = runs.iter().find(|of| of.state == state);
                ([("state", state.as_str())], rows(of_state.map_or(0, |of| of.runs)))
            }),
        )?;
        let open = |paused: bool| {
            let of_state = runs.iter().filter(|of| (of.state == RunState::Paused) == paused);
            rows(of_state.map(|of| of.cells).sum())
        };
        let running = number(self.in_flight);
        writer.gauges(
            "cells",
            "Cells that have no result yet: of paused runs, at work in this process, and the others",
            [("paused", open(true)), ("running", running), ("pending", (open(false) - running).max(0.0))]
                .map(|(state, count)| ([("state", state)], count)),
        )
    }

    fn write_dependencies(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let checks = || self.health.checks.values().flatten();
        writer.gauges(
            "dependency_up",
            "1 if the dependency was well when it was looked at, 0 if it was not",
            checks().map(|check| {
                ([("dependency", check.id.as_str())], f64::from(u8::from(check.status == Status::Pass)))
            }),
        )?;
        let breakers = || checks().filter_map(|check| Some((check.id.as_str(), check.breaker.as_ref()?)));
        let states =
            [BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen].map(BreakerState::as_str);
        writer.gauges(
            "breaker_state",
            "1 for the state that the breaker is in",
            breakers().flat_map(|(id, breaker)| {
                states.map(|state| {
                    ([("dependency", id), ("state", state)], f64::from(u8::from(breaker.state == state)))
                })
            }),
        )?;
        writer.counters(
            "breaker_opened",
            "How often the breaker has opened",
            breakers().map(|(id, breaker)| ([("dependency", id)], breaker.opened)),
        )?;
        writer.counters(
            "breaker_refused",
            "How many calls the breaker has refused",
            breakers().map(|(id, breaker)| ([("dependency", id)], breaker.refused)),
        )
    }

    fn write_store(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let lanes = |read, write| {
            [("read", read), ("write", write)].map(|(lane, count)| ([("lane", lane)], number(count)))
        };
        let Load { reads, writes, readers, writers, file } = self.store;
        writer.gauges(
            "store_waiting",
            "Reads and writes that wait for a connection",
            lanes(reads, writes),
        )?;
        writer.gauges("store_connections", "Connections to the database", lanes(readers, writers))?;
        let Some(file) = file else { return Ok(()) };
        writer.one("store_file_bytes", "Size of the database file", bytes(file.bytes))?;
        writer.one("store_wal_bytes", "Size of the write-ahead log", bytes(file.log_bytes))?;
        let Some(disk) = file.disk else { return Ok(()) };
        writer.one("store_disk_free_bytes", "Room on the disk of the database", bytes(disk.free_bytes))?;
        writer.one("store_disk_bytes", "Size of the disk of the database", bytes(disk.total_bytes))
    }
}

/// Backups and drills, with zeros before the first of them: a rate needs one.
fn write_backups(writer: &mut Writer<'_>, figures: &BackupFigures) -> fmt::Result {
    let results =
        |ok, failed| [("ok", ok), ("failed", failed)].map(|(result, count)| ([("result", result)], count));
    let moment = |at: Option<Millis>| rows(at.unwrap_or(0)) / 1_000.0;
    writer.counters("backups", "Backups, by how they ended", results(figures.ok, figures.failed))?;
    writer.one(
        "backup_last_success_timestamp_seconds",
        "When the last good backup was begun, since 1970; 0: there is none",
        moment(figures.last_success_at),
    )?;
    writer.one(
        "backup_last_bytes",
        "Size of the last good backup",
        bytes(figures.last_bytes.unwrap_or(0)),
    )?;
    writer.counters(
        "restore_drills",
        "Drills that restored a backup for a try, by how they ended",
        results(figures.drills_ok, figures.drills_failed),
    )?;
    writer.one(
        "restore_drill_last_success_timestamp_seconds",
        "When the last good drill was, since 1970; 0: there was none",
        moment(figures.last_drill_at),
    )
}

const _: () = assert!(CALLS_AT_ONCE == 50, "the help of model_calls_in_flight says so");
