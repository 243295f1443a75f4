//! One cluster, one tenant who means harm, and one who does not.

use std::cell::Cell;

use super::memory::Memory;
use super::tenant::Tenant;
use crate::support::cluster::Cluster;

/// More than once, so that what is only just still answered does not pass.
const TIMES: usize = 3;
/// What the bystander's going on once leaves in the kind's history: two changes of a map of 64 KiB, as they are and as
/// events.
const ROUND_BYTES_MAX: usize = 256 << 10;
/// What the history holds at most, as it is and as events.
const HISTORY_BYTES_MAX: usize = 64 << 20;

/// The scene of each test here.
pub(crate) struct Siege {
    pub(crate) cluster: Cluster,
    pub(crate) attacker: Tenant,
    pub(crate) bystander: Tenant,
    memory: Memory,
    rounds: Cell<usize>,
}

impl Siege {
    pub(crate) async fn new() -> Self {
        let cluster = Cluster::start(&[]).await;
        let attacker = Tenant::new(&cluster, "attacker").await;
        let bystander = Tenant::new(&cluster, "bystander").await;
        bystander.goes_on().await;
        let memory = Memory::of(&cluster);
        Self { cluster, attacker, bystander, memory, rounds: Cell::new(0) }
    }

    /// What has grown until now is the test's own doing.
    pub(crate) fn begins(&mut self) {
        self.memory = Memory::of(&self.cluster);
    }

    /// Lets the attack take its course; the other tenant is answered all the time, and once all is as the attack
    /// leaves it.
    pub(crate) async fn endures<T>(&self, attack: impl Future<Output = T>) -> T {
        let mut attack = Box::pin(attack);
        let left = loop {
            tokio::select! {
                biased;
                left = &mut attack => break left,
                () = self.goes_round() => {}
            }
        };
        for _ in 0..TIMES {
            self.goes_round().await;
        }
        left
    }

    async fn goes_round(&self) {
        self.rounds.set(self.rounds.get() + 1);
        self.bystander.goes_on().await;
    }

    /// Checks what the cluster's process has taken for it, beside what the bystander did meanwhile.
    #[track_caller]
    pub(crate) fn took_less_than(&self, bytes: usize) {
        let rounds = (self.rounds.get() * ROUND_BYTES_MAX).min(HISTORY_BYTES_MAX);
        self.memory.has_grown_less_than(bytes + rounds);
    }
}
