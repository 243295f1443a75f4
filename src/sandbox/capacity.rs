//! How many containers this machine can hold.

use std::fs;

use wasmtime::PoolingAllocationConfig;

use crate::spec::Capacity;

/// Mappings one running instance needs: memory image and its head, the rest of the memory, the stack and its guard,
/// and the pool's own share (measured with copy-on-write images: four live, two in the pool).
const MAPPINGS_PER_INSTANCE: u64 = 6;

/// Mappings for everything else: code of images, threads, the allocator, shared libraries.
const OTHER_MAPPINGS: u64 = 5_000;

/// Linux's default for `vm.max_map_count`, assumed where it cannot be read.
const USUAL_MAPPINGS: u64 = 65_530;

/// More than this would not fit into the address space at 4 GiB and a guard each.
const MOST_INSTANCES: u64 = 20_000;

impl Capacity {
    /// Computes the bound from what the kernel says. A machine that says nothing gets what a usual Linux allows.
    pub fn of_machine() -> Self {
        let mappings = fs::read_to_string("/proc/sys/vm/max_map_count")
            .ok()
            .and_then(|text| text.trim().parse().ok());
        Self::with_mappings(mappings.unwrap_or(USUAL_MAPPINGS))
    }

    /// At most `containers`, or less if the machine cannot hold so many.
    pub fn at_most(self, containers: u32) -> Self {
        if self.containers <= containers {
            return self;
        }
        Self { containers, bound: "the configuration".into() }
    }

    pub(crate) fn with_mappings(mappings: u64) -> Self {
        let instances = mappings.saturating_sub(OTHER_MAPPINGS) / MAPPINGS_PER_INSTANCE;
        if instances > MOST_INSTANCES {
            let bound = "the address space of a process".into();
            return Self { containers: narrow(MOST_INSTANCES), bound };
        }
        Self {
            containers: narrow(instances.max(1)),
            bound: format!("vm.max_map_count is {mappings}"),
        }
    }
}

fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether the kernel can tell which pages were touched (`PAGEMAP_SCAN`, Linux 6.7).
pub(crate) fn kernel_scans_pagemap() -> bool {
    PoolingAllocationConfig::is_pagemap_scan_available()
}

#[cfg(test)]
mod tests;
