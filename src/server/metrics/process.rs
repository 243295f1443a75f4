//! This process: memory, time, files. What the system does not tell is left out.

use base::{Clock, Metrics, Sort};

use crate::version::Version;

/// Registers what can be known of this process.
pub(super) fn register(all: &Metrics, clock: &Clock, version: &Version) {
    register_build(all, version);
    let gauge = |name, help, value: fn() -> Option<f64>| {
        all.computed(name, help, Sort::Gauge, &[], move || {
            value().map(|value| (Vec::new(), value)).into_iter().collect()
        });
    };
    gauge("process_resident_memory_bytes", "Memory in use, in bytes.", || memory("VmRSS:"));
    gauge("process_virtual_memory_bytes", "Addresses in use, in bytes.", || memory("VmSize:"));
    gauge("process_open_fds", "Open files.", open_files);
    gauge("process_max_fds", "Files that may be open.", max_files);
    all.computed(
        "process_cpu_seconds_total",
        "Time on a processor, in seconds.",
        Sort::Counter,
        &[],
        || vec![(Vec::new(), cpu_seconds())],
    );
    let start = clock.now().as_duration().as_secs_f64();
    all.computed(
        "process_start_time_seconds",
        "When this server was started, in seconds since 1970.",
        Sort::Gauge,
        &[],
        move || vec![(Vec::new(), start)],
    );
}

/// What was built, as `/version` says it.
fn register_build(all: &Metrics, version: &Version) {
    let said = version.to_value();
    let text = |field: &str| said[field].as_str().unwrap_or_default();
    let values = [
        "buildDate",
        "compiler",
        "gitCommit",
        "gitTreeState",
        "gitVersion",
        "goVersion",
        "major",
        "minor",
        "platform",
    ];
    let build = all.gauges(
        "kubernetes_build_info",
        "Always 1; the labels say what was built.",
        &[
            "build_date",
            "compiler",
            "git_commit",
            "git_tree_state",
            "git_version",
            "go_version",
            "major",
            "minor",
            "platform",
        ],
    );
    build.with(&values.map(text)).set(1);
}

/// A line of Linux' account of this process.
fn memory(line: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let rest = status.lines().find_map(|own| own.strip_prefix(line))?;
    let kibibytes: f64 = rest.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

fn open_files() -> Option<f64> {
    let count = u32::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()?;
    Some(f64::from(count))
}

#[cfg(unix)]
fn max_files() -> Option<f64> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    u32::try_from(limit).ok().map(f64::from)
}

#[cfg(not(unix))]
fn max_files() -> Option<f64> {
    None
}

#[cfg(unix)]
fn cpu_seconds() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let whole = std::time::Duration::try_from(spent).unwrap_or_default();
    whole.as_secs_f64()
}

#[cfg(not(unix))]
fn cpu_seconds() -> f64 {
    0.0
}
