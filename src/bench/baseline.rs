//! What a real control plane does on a machine of this size, to compare with.
//!
//! Each figure was measured once, on a quiet machine of two cores and 24 GiB, with a client like ours: over loopback,
//! TLS and sixteen HTTP/1.1 connections. A ratio to it says the order of things and not the second digit.

use std::time::Duration;

use super::operations::Baseline;

/// What the figures are of.
pub(super) const NAME: &str = "kube-apiserver + etcd ¹";
/// Where the figures come from.
pub(super) const SOURCE: &str = "¹ kube-apiserver 1.36 + etcd 3.6 (fsync on) measured on a quiet machine of this size: 2 cores, 24 GiB, \
                                 loopback, TLS.\n  An asterisk marks figures that miss their aim.";

/// What was measured of one kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Baselines {
    pub(super) create: Baseline,
    pub(super) get: Baseline,
    pub(super) patch: Baseline,
    pub(super) delete: Baseline,
}

/// `ConfigMaps` with 1 KiB of data. Processor time is that of API server and etcd together.
pub(super) const CONFIG_MAPS: Baselines = Baselines {
    create: measured(1616.0, 1020.0, Some(Duration::from_micros(8_500))),
    get: measured(5268.0, 324.0, Some(Duration::from_micros(2_600))),
    patch: measured(1599.0, 1310.0, Some(Duration::from_micros(11_100))),
    delete: measured(2213.0, 1027.0, Some(Duration::from_micros(8_100))),
};

/// Pods, of which only creates were measured.
pub(super) const PODS: Baselines = Baselines {
    create: measured(1225.0, 1310.0, Some(Duration::from_micros(12_300))),
    get: UNKNOWN,
    patch: UNKNOWN,
    delete: UNKNOWN,
};

const UNKNOWN: Baseline = Baseline { rate: None, cpu_micros: None, p50: None };

const fn measured(rate: f64, cpu_micros: f64, p50: Option<Duration>) -> Baseline {
    Baseline { rate: Some(rate), cpu_micros: Some(cpu_micros), p50 }
}

/// Process start to `/readyz`, in seconds: etcd and API server only.
pub(super) const READY_SECONDS: f64 = 3.46;
/// The same on existing data.
pub(super) const RESTART_SECONDS: f64 = 2.77;
/// Resident memory of etcd, API server, controller manager and scheduler at rest, in MiB; no kubelet.
pub(super) const RESIDENT_MIB: f64 = 483.0;

/// Lists of pods, in milliseconds: consistent, with `resourceVersion=0`, in pages of 500.
pub(super) const LIST_1000_MILLIS: [f64; 3] = [33.0, 37.1, 36.0];
pub(super) const LIST_5000_MILLIS: [f64; 3] = [117.0, 126.0, 212.0];

/// From sending a create to the last of 100 watchers, in milliseconds.
pub(super) const WATCH_MILLIS: f64 = 5.1;
/// Events delivered to 100 watchers per second, in a burst.
pub(super) const DELIVERIES: f64 = 80_500.0;
