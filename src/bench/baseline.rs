//! What a real control plane does on a machine of this size, to compare with.
//!
//! Each figure was measured once, on a quiet machine of two cores and 24 GiB, with a client like ours: over loopback,
//! TLS and sixteen HTTP/1.1 connections. A ratio to it says the order of things and not the second digit.

/// What the figures are of.
pub(super) const NAME: &str = "kube-apiserver + etcd ¹";
/// Where the figures come from.
pub(super) const SOURCE: &str = "¹ kube-apiserver 1.36 + etcd 3.6 (fsync on) measured on a quiet machine of this size: 2 cores, 24 GiB, \
                                 loopback, TLS.\n  An asterisk marks figures that miss their aim.";

/// `ConfigMaps` with 1 KiB of data, per second.
pub(super) const CREATES: f64 = 1616.0;
pub(super) const GETS: f64 = 5268.0;
pub(super) const PATCHES: f64 = 1599.0;
pub(super) const DELETES: f64 = 2213.0;

/// Processor time of API server and etcd together, in microseconds per request.
pub(super) const CREATE_CPU: f64 = 1020.0;
pub(super) const GET_CPU: f64 = 324.0;
pub(super) const PATCH_CPU: f64 = 1310.0;
pub(super) const DELETE_CPU: f64 = 1027.0;

/// Process start to `/readyz`, in seconds: etcd and API server only.
pub(super) const READY_SECONDS: f64 = 3.46;
/// The same on existing data.
pub(super) const RESTART_SECONDS: f64 = 2.77;
/// Resident memory of etcd, API server, controller manager and scheduler at rest, in MiB; no kubelet.
pub(super) const RESIDENT_MIB: f64 = 483.0;

/// A consistent list of 1,000 pods, in milliseconds.
pub(super) const LIST_MILLIS: f64 = 33.0;

/// From sending a create to the last of 100 watchers, in milliseconds.
pub(super) const WATCH_MILLIS: f64 = 5.1;
/// Events delivered to 100 watchers per second, in a burst.
pub(super) const DELIVERIES: f64 = 80_500.0;
