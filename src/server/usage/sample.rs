//! What a node said at one time: counters, in Prometheus' text.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// Namespace, pod and container.
pub(super) type Name = (String, String, String);

/// What a node said at one time.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) at: Timestamp,
    pub(super) node: Reading,
    pub(super) containers: BTreeMap<Name, Reading>,
}

/// The counters of a container, or of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Reading {
    cpu_seconds: Option<f64>,
    memory_bytes: Option<f64>,
    /// In seconds since 1970.
    since: Option<f64>,
}

/// What was used over some time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Use {
    pub(super) cores: f64,
    pub(super) memory_bytes: f64,
    pub(super) window: SignedDuration,
}

impl Sample {
    pub(super) fn read(text: &str, at: Timestamp) -> Self {
        let mut sample = Self { at, node: Reading::default(), containers: BTreeMap::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((metric, rest)) = line.split_once([' ', '{']) else { continue };
            let (labels, rest) = rest.split_once("} ").unwrap_or(("", rest));
            let value = rest.split_whitespace().next().and_then(|value| value.parse::<f64>().ok());
            let (reading, what) = match metric.split_once('_') {
                Some(("node", what)) => (Some(&mut sample.node), what),
                Some(("container", what)) => {
                    let name = name(labels);
                    (name.map(|name| sample.containers.entry(name).or_default()), what)
                }
                _ => (None, ""),
            };
            let Some(reading) = reading else { continue };
            match what {
                "cpu_usage_seconds_total" => reading.cpu_seconds = value,
                "memory_working_set_bytes" => reading.memory_bytes = value,
                "start_time_seconds" => reading.since = value,
                _ => {}
            }
        }
        sample
    }
}

/// The container that labels name.
fn name(labels: &str) -> Option<Name> {
    let label = |wanted: &str| {
        let mut pairs = labels.split(',').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == wanted)?;
        Some(value.trim_matches('"').to_owned())
    };
    Some((label("namespace")?, label("pod")?, label("container")?))
}

/// What a container or a node used between two readings of it; without an earlier one of the same run, since its start.
pub(super) fn used(
    last: (Timestamp, Reading),
    before: Option<(Timestamp, Reading)>,
) -> Option<Use> {
    let (at, reading) = last;
    let (cpu, memory_bytes) = (reading.cpu_seconds?, reading.memory_bytes?);
    let same_run = before.filter(|(_, before)| {
        before.since == reading.since && before.cpu_seconds.is_some_and(|earlier| earlier <= cpu)
    });
    let (since, cpu_then) = match (same_run, reading.since) {
        (Some((then, before)), _) => (then, before.cpu_seconds.unwrap_or_default()),
        (None, Some(since)) => {
            let since = SignedDuration::try_from_secs_f64(since).ok()?;
            (Timestamp::from_duration(since).ok()?, 0.0)
        }
        // A machine whose start is not known, heard of for the first time.
        (None, None) => (at, cpu),
    };
    let window = at.duration_since(since);
    let seconds = window.as_secs_f64();
    let cores = if seconds > 0.0 { (cpu - cpu_then) / seconds } else { 0.0 };
    Some(Use { cores, memory_bytes, window })
}
