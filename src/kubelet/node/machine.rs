//! The machine: what it is and how much of it pods may have.

use std::fs;
use std::path::Path;

use sandbox::Capacity;

use crate::amounts::Amounts;

/// What the node's programs are compiled for.
pub(super) const ARCHITECTURE: &str = "wasm32-wasi";

/// What is kept for the node itself: the control plane and the compiler live in the same memory, and
/// Kubernetes begins to evict when 100 MiB are left.
const RESERVED_BYTES: u64 = 256 << 20;

/// The share of the disk that is kept free, in hundredths: Kubernetes begins to evict below a tenth.
const RESERVED_DISK: u64 = 10;

/// Pods per node where the runtime allows more: beyond, an API server's list of one node's pods
/// outgrows what clients take well, and nobody has tried.
const PODS_MOST: u32 = 10_000;

/// Facts about the machine that do not change while the node runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) cores: u64,
    pub(super) memory_bytes: u64,
    pub(super) disk_bytes: u64,
    pub(super) pods: u32,
    pub(super) id: String,
    pub(super) boot_id: String,
    pub(super) kernel: String,
    pub(super) os: String,
}

impl Machine {
    pub(super) fn read(data_dir: &Path, capacity: &Capacity) -> Self {
        let line = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        let kernel = line("/proc/sys/kernel/osrelease");
        Self {
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
            memory_bytes: memory_bytes(),
            disk_bytes: disk_bytes(data_dir),
            pods: capacity.containers.min(PODS_MOST),
            id: line("/etc/machine-id"),
            boot_id: line("/proc/sys/kernel/random/boot_id"),
            kernel: if kernel.is_empty() { std::env::consts::OS.to_owned() } else { kernel },
            os: os_name(&line("/etc/os-release")),
        }
    }

    /// What the machine has, in thousandths.
    pub(super) fn capacity(&self) -> Amounts {
        amounts(self.cores, self.memory_bytes, self.disk_bytes, self.pods)
    }

    /// What pods may have of it, in thousandths.
    pub(super) fn allocatable(&self) -> Amounts {
        // A machine that has less than is reserved still gives half of what it has.
        let memory = self.memory_bytes.saturating_sub(RESERVED_BYTES).max(self.memory_bytes / 2);
        let disk = self.disk_bytes / 100 * (100 - RESERVED_DISK);
        amounts(self.cores, memory, disk, self.pods)
    }
}

/// What pods may have of this machine, in thousandths.
pub(crate) fn allocatable(data_dir: &Path, capacity: &Capacity) -> Amounts {
    Machine::read(data_dir, capacity).allocatable()
}

fn amounts(cores: u64, memory: u64, disk: u64, pods: u32) -> Amounts {
    let milli = |value: u64| i64::try_from(value).unwrap_or(i64::MAX).saturating_mul(1000);
    [
        ("cpu", milli(cores)),
        ("memory", milli(memory)),
        ("ephemeral-storage", milli(disk)),
        ("pods", milli(pods.into())),
    ]
    .into_iter()
    .map(|(name, amount)| (name.to_owned(), amount))
    .collect()
}

/// The machine's memory, or what a control group leaves of it.
fn memory_bytes() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = meminfo_total(&text).unwrap_or(1 << 30);
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").unwrap_or_default();
    limit.trim().parse().map_or(total, |limit: u64| limit.min(total))
}

pub(super) fn meminfo_total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn disk_bytes(path: &Path) -> u64 {
    rustix::fs::statvfs(path).map_or(0, |disk| disk.f_blocks.saturating_mul(disk.f_frsize))
}

pub(super) fn os_name(text: &str) -> String {
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or(std::env::consts::OS, |name| name.trim_matches('"')).to_owned()
}
