//! What a container may take of the host's memory: linear memories, tables, handles and copies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use wasmtime::ResourceLimiter;

/// Handles (sockets, streams, files, pollables) that one instance may hold. The largest honest users are servers with
/// three handles per connection, so this is some thousand connections; each handle costs the host up to a kilobyte.
pub(crate) const MAX_HANDLES: usize = 16_384;

/// Bytes one host call may copy out of a guest. The largest honest calls are file writes and HTTP bodies in chunks of
/// up to 1 MiB; a guest that passes more at once is after the host's memory.
pub(crate) const MAX_CALL_BYTES: usize = 16 << 20;

/// Bytes of random data in one call; the host allocates them all.
pub(crate) const MAX_RANDOM_BYTES: u64 = 1 << 20;

/// What a table entry takes: a pointer.
const TABLE_ENTRY_BYTES: usize = size_of::<usize>();

/// Without a limit of its own a container may still not take more than one memory can hold.
const UNLIMITED: u64 = 4 << 30;

/// What all instances of one container use together.
#[derive(Debug)]
pub(crate) struct Ledger {
    limit: u64,
    used: AtomicU64,
}

impl Ledger {
    pub(crate) fn new(limit: Option<u64>) -> Arc<Self> {
        Arc::new(Self { limit: limit.unwrap_or(UNLIMITED), used: AtomicU64::new(0) })
    }

    /// Bytes in linear memories and tables now.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: u64) -> bool {
        let add = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// One instance's share of its container's ledger, given back when the instance goes.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    ledger: Arc<Ledger>,
    share: u64,
    denied: Arc<AtomicBool>,
}

impl MemoryLimit {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, share: 0, denied: Arc::new(AtomicBool::new(false)) }
    }

    /// True while the instance's last wish for memory was denied. Outlives the instance.
    pub(crate) fn denied(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.denied)
    }

    fn grow(&mut self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let granted = self.ledger.take(bytes);
        if granted {
            self.share += bytes;
        }
        self.denied.store(!granted, Ordering::Relaxed);
        granted
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        self.ledger.give_back(self.share);
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let beyond_own_maximum = maximum.is_some_and(|maximum| desired > maximum);
        Ok(!beyond_own_maximum && self.grow(desired.saturating_sub(current)))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let beyond_own_maximum = maximum.is_some_and(|maximum| desired > maximum);
        let entries = desired.saturating_sub(current);
        Ok(!beyond_own_maximum && self.grow(entries.saturating_mul(TABLE_ENTRY_BYTES)))
    }
}

#[cfg(test)]
mod tests;
