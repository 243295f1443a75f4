//! One cluster, one tenant who means harm, and one who does not.

use super::memory::Memory;
use super::tenant::Tenant;
use crate::support::cluster::Cluster;

/// More than once, so that what is only just still answered does not pass.
const TIMES: usize = 3;

/// The scene of each test here.
pub(crate) struct Siege {
    pub(crate) cluster: Cluster,
    pub(crate) attacker: Tenant,
    pub(crate) bystander: Tenant,
    memory: Memory,
}

impl Siege {
    pub(crate) async fn new() -> Self {
        let cluster = Cluster::start(&[]).await;
        let attacker = Tenant::new(&cluster, "attacker").await;
        let bystander = Tenant::new(&cluster, "bystander").await;
        bystander.goes_on().await;
        let memory = Memory::of(&cluster);
        Self { cluster, attacker, bystander, memory }
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
                () = self.bystander.goes_on() => {}
            }
        };
        for _ in 0..TIMES {
            self.bystander.goes_on().await;
        }
        left
    }

    /// Checks what the cluster's process has taken for it.
    #[track_caller]
    pub(crate) fn took_less_than(&self, bytes: usize) {
        self.memory.has_grown_less_than(bytes);
    }
}
