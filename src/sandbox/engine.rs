//! The wasmtime engine of a node: its settings, its pool of instances, and the thread that drives its epochs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig,
};

use crate::capacity;
use crate::pulse::Pulse;
use crate::spec::Capacity;

/// How long a guest computes before it must yield. A spinning guest dies within two of these; the tick costs
/// 3-12 % on tight loops whatever its length, and a longer one makes neighbours wait longer for their turn.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without a guest's turn after which the epoch rests. Waking it costs some microseconds, once in a tenth of a
/// second at most.
const QUIET_TICKS: u32 = 100;

/// Host stack per instance. Guests use at most half (`max_wasm_stack`); the rest is for host calls, which are
/// shallow. It is reserved, not resident: an idle server touches about 12 KiB.
const STACK_BYTES: usize = 512 * 1024;

/// WebAssembly stack per instance. The shadow stack of compiled languages lies in linear memory, so this holds only
/// return addresses and spilled registers: 256 KiB is thousands of frames.
const WASM_STACK_BYTES: usize = 256 * 1024;

/// Address space per memory: all that 32-bit WebAssembly can address, so that compiled code needs no bounds checks.
/// Ten thousand of these are a third of the address space of a 64-bit process.
const MEMORY_RESERVATION_BYTES: u64 = 4 << 30;

/// Entries per table. Function tables of large C++ or Go programs have some ten thousand; the slots are address space
/// until they are touched.
const TABLE_ELEMENTS: usize = 100_000;

/// Core instances per component: a std guest has four, composed components several times that.
const CORE_INSTANCES: u32 = 32;

/// Memories and tables of one component; composed components bring one each per part.
const MEMORIES: u32 = 4;
const TABLES: u32 = 8;

/// Instances kept warm after use, at up to about 100 KiB each: enough for requests served at once, small beside
/// what a full node uses.
const WARM_SLOTS: u32 = 256;

/// Touched pages that are wiped in place instead of being given back to the kernel, per memory, table and stack.
/// Giving back costs an `madvise`, TLB shootdowns and fresh page faults, which is most of the price of an instance. But
/// a slot keeps them while nobody uses it, so all slots of a full node must be bearable: a small server touches 100 KiB
/// of its memory, and ten thousand times this is 2.5 GiB at worst.
const MEMORY_RESIDENT_BYTES: usize = 256 << 10;
const TABLE_RESIDENT_BYTES: usize = 64 << 10;
const STACK_RESIDENT_BYTES: usize = 32 << 10;

/// The same where the kernel cannot tell which pages were touched: all of it is wiped, so keep it small.
const RESIDENT_BYTES_WITHOUT_SCAN: usize = 64 << 10;

/// Below this a node is of no use, so a failure to reserve even so much is reported.
const FEWEST_INSTANCES: u32 = 16;

/// An engine whose epochs advance as long as this lives.
#[derive(Debug)]
pub(crate) struct NodeEngine {
    pub(crate) engine: Engine,
    pub(crate) capacity: Capacity,
    /// Must know every thread that runs guests: epochs rest while it beats for none.
    pub(crate) pulse: Arc<Pulse>,
    _ticker: Ticker,
}

impl NodeEngine {
    /// Builds the engine for `capacity`, or for less when the address space cannot be had.
    pub(crate) fn new(mut capacity: Capacity) -> wasmtime::Result<Self> {
        let engine = loop {
            match Engine::new(&config(capacity.containers)) {
                Ok(engine) => break engine,
                Err(error) if capacity.containers / 2 < FEWEST_INSTANCES => return Err(error),
                Err(error) => {
                    capacity.containers /= 2;
                    capacity.bound = format!("address space for more cannot be had: {error}");
                }
            }
        };
        let pulse = Arc::new(Pulse::default());
        let ticker = Ticker::start(&engine, &pulse);
        Ok(Self { engine, capacity, pulse, _ticker: ticker })
    }
}

/// The settings of every engine of this crate. All but the pool's size are part of the compiled code's identity.
fn config(instances: u32) -> Config {
    let mut config = Config::new();
    config
        // No WASI 0.3 in this engine: its bookkeeping costs a quarter of all round trips.
        .concurrency_support(false)
        .wasm_component_model_async(false)
        // Epochs rather than fuel: half the price, and the clock is what we bill.
        .epoch_interruption(true)
        .async_stack_size(STACK_BYTES)
        .max_wasm_stack(WASM_STACK_BYTES)
        .memory_reservation(MEMORY_RESERVATION_BYTES)
        // Copy-on-write images make a fresh instance per request cheap: nothing is copied that is not written. The
        // price is two more mappings per instance, which `capacity` counts.
        .memory_init_cow(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(instances)));
    config
}

/// A pool and nothing beside it: when it is exhausted, starting fails with a clear answer. Falling back to allocation
/// on demand would need a second engine with a copy of all compiled code, only to die on the kernel's limit a little
/// later and less clearly.
fn pool(instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES / 4))
        .total_memories(instances.saturating_add(instances / 8))
        .total_tables(instances.saturating_mul(2).saturating_add(instances / 4))
        .total_stacks(instances)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(usize::try_from(MEMORY_RESERVATION_BYTES).unwrap_or(usize::MAX))
        .max_unused_warm_slots(WARM_SLOTS.min(instances));
    if capacity::kernel_scans_pagemap() {
        pool.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(MEMORY_RESIDENT_BYTES)
            .table_keep_resident(TABLE_RESIDENT_BYTES)
            .async_stack_keep_resident(STACK_RESIDENT_BYTES);
    } else {
        pool.linear_memory_keep_resident(RESIDENT_BYTES_WITHOUT_SCAN)
            .table_keep_resident(RESIDENT_BYTES_WITHOUT_SCAN)
            .async_stack_keep_resident(RESIDENT_BYTES_WITHOUT_SCAN / 4);
    }
    pool
}

/// A thread that advances the epoch. It holds the engine weakly and ends with its handle.
#[derive(Debug)]
struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(engine: &Engine, pulse: &Arc<Pulse>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, engine, pulse) = (Arc::clone(&stop), engine.weak(), Arc::clone(pulse));
        let thread = thread::Builder::new()
            .name("guest epochs".into())
            .spawn(move || tick(&stopped, &engine, &pulse))
            .expect("a process that starts can have one more thread");
        Self { stop, thread: Some(thread) }
    }
}

fn tick(stopped: &AtomicBool, engine: &EngineWeak, pulse: &Pulse) {
    let (mut turns, mut quiet) = (None, 0);
    while !stopped.load(Ordering::SeqCst) {
        // Also ends early when the handle is dropped.
        thread::park_timeout(TICK);
        let Some(engine) = engine.upgrade() else { break };
        engine.increment_epoch();
        drop(engine);
        let now = pulse.turns();
        quiet = if now.is_some() && now == turns { quiet + 1 } else { 0 };
        turns = now;
        // The flag is looked at again because the wait above may have taken the handle's wake-up.
        if quiet >= QUIET_TICKS && !stopped.load(Ordering::SeqCst) {
            pulse.sleep();
            quiet = 0;
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}
