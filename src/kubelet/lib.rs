//! One node: pod lifecycle, probes, volumes, logs, status.
