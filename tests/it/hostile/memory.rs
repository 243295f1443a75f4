//! How much memory a cluster's process takes.

use std::fs;

use crate::support::cluster::Cluster;

/// What a process held when this was made.
#[derive(Debug)]
pub(crate) struct Memory {
    folder: String,
    before: Option<usize>,
}

impl Memory {
    /// Looks now; from here on the most is found out anew.
    pub(crate) fn of(cluster: &Cluster) -> Self {
        let folder = format!("/proc/{}", cluster.pid());
        let _ = fs::write(format!("{folder}/clear_refs"), "5");
        let before = held(&folder, "VmRSS:");
        Self { folder, before }
    }

    /// The most that was held since beyond what was held before, in bytes; nothing where the system does not say.
    pub(crate) fn grown(&self) -> usize {
        let most = held(&self.folder, "VmHWM:");
        most.zip(self.before).map_or(0, |(most, before)| most.saturating_sub(before))
    }

    #[track_caller]
    pub(crate) fn has_grown_less_than(&self, bytes: usize) {
        let grown = self.grown();
        assert!(grown < bytes, "{} MiB more than before, not {}", grown >> 20, bytes >> 20);
    }
}

fn held(folder: &str, field: &str) -> Option<usize> {
    let status = fs::read_to_string(format!("{folder}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}
