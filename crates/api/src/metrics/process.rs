//! The process itself, as Linux knows it: the names are those of every Prometheus client.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// The process at the time of a scrape. Where there is no `/proc` it has no figures.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut writer = Writer(encoder);
        if let Some(stat) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(Stat::parse) {
            let cpu = stat.cpu_ticks / ticks_per_second();
            writer.counter("process_cpu_seconds", "Time on processors, of user and system", cpu)?;
            writer.gauge("process_threads", "Threads", stat.threads)?;
            if let Some(booted) = booted_at() {
                let started = booted + stat.started_ticks / ticks_per_second();
                writer.gauge("process_start_time_seconds", "When it began, since 1970", started)?;
            }
        }
        if let Some(kib) = fs::read_to_string("/proc/self/status").ok().as_deref().and_then(resident_kib) {
            writer.gauge("process_resident_memory_bytes", "Memory that is in use", kib * 1_024.0)?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            let open = u32::try_from(open.count()).unwrap_or(u32::MAX);
            writer.gauge("process_open_fds", "Open files and connections", f64::from(open))?;
        }
        match fs::read_to_string("/proc/self/limits").ok().as_deref().and_then(most_files) {
            Some(most) => {
                writer.gauge("process_max_fds", "Most files and connections that may be open", most)
            }
            None => Ok(()),
        }
    }
}

struct Writer<'a>(DescriptorEncoder<'a>);

impl Writer<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.one(name, help, &ConstGauge::new(value))
    }

    fn counter(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.one(name, help, &ConstCounter::new(value))
    }

    fn one<M: EncodeMetric + TypedMetric>(&mut self, name: &str, help: &str, metric: &M) -> fmt::Result {
        metric.encode(self.0.encode_descriptor(name, help, None, metric.metric_type())?)
    }
}

/// What of `/proc/self/stat` is shown; `proc_pid_stat(5)` numbers its fields from 1.
struct Stat {
    cpu_ticks: f64,
    threads: f64,
    started_ticks: f64,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses, which may have any character.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        Some(Self { cpu_ticks: field(14)? + field(15)?, threads: field(20)?, started_ticks: field(22)? })
    }
}

/// The unit of the times in `/proc`, which is part of Linux' interface: `USER_HZ`.
fn ticks_per_second() -> f64 {
    100.0
}

/// When the machine was started, in seconds since 1970.
fn booted_at() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn resident_kib(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn most_files(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_shifts_no_field() {
        let text = "42 (a) b (c) S 1 42 42 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 11 0 7700 1 2 3";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.cpu_ticks, stat.threads, stat.started_ticks), (300.0, 11.0, 7_700.0));
    }

    #[test]
    fn lines_are_found_by_their_names() {
        assert_eq!(resident_kib("VmPeak:\t  10 kB\nVmRSS:\t   48212 kB\n"), Some(48_212.0));
        assert_eq!(
            most_files("Limit  Soft\nMax open files            1024   524288   files\n"),
            Some(1_024.0)
        );
        assert_eq!(most_files("Max open files   unlimited  unlimited  files\n"), None);
    }
}
