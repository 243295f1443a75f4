//! The switch: who is attached, and what the tables say.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use arc_swap::ArcSwap;
use base::Random;

use crate::affinity::Affinity;
use crate::interface::Handle;
use crate::plug::{MAX_HOST_SOCKETS, MAX_SOCKETS, Plug};
use crate::{
    Attachment, Egress, Endpoint, Error, Flow, Interface, Networks, Place, Protocol, Tables,
    Uplink, Verdict,
};

/// Attaching and dialling touch one shard for a moment; more shards than a machine has cores make waiting unlikely.
const SHARDS: usize = 64;

/// What a switch is made of.
#[derive(Debug)]
pub struct Config {
    /// The address ranges that are the switch's own.
    pub networks: Networks,
    /// The way out of the pod network, if there is one.
    pub uplink: Option<Uplink>,
    /// Chooses among backends.
    pub random: Random,
}

/// The pod network of one node.
#[derive(Debug, Clone)]
pub struct Switch(Arc<Shared>);

impl Switch {
    /// A switch that nobody is attached to.
    pub fn new(config: Config) -> Self {
        Self(Arc::new(Shared {
            networks: config.networks,
            uplink: config.uplink,
            tables: ArcSwap::default(),
            affinity: Affinity::default(),
            lots: AtomicU64::new(config.random.u64()),
            plugs: std::array::from_fn(|_| RwLock::default()),
            hasher: RandomState::new(),
            hosts: Mutex::default(),
        }))
    }

    /// Attaches a sandbox to the address, which must be of the switch's own range and free.
    pub fn attach(&self, attachment: Attachment) -> Result<Interface, Error> {
        if self.0.networks.place(attachment.address) != Place::Attached {
            return Err(Error::AddressNotAvailable);
        }
        self.0.add(attachment, MAX_SOCKETS)
    }

    /// The host's own presence at `address`: for probes, forwarding and ports of the host. Asked again for the same
    /// address, it gives the same interface.
    pub fn host(&self, address: IpAddr) -> Result<Interface, Error> {
        let mut hosts = self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = hosts.get(&address).and_then(Weak::upgrade) {
            return Ok(Interface::from_handle(handle));
        }
        let attachment = Attachment { egress: Egress::Denied, ..Attachment::new(address) };
        let interface = self.0.add(attachment, MAX_HOST_SOCKETS)?;
        hosts.retain(|_, handle| handle.strong_count() > 0);
        hosts.insert(address, Arc::downgrade(interface.handle()));
        Ok(interface)
    }

    /// Replaces the tables. Connections that are made stay as they are.
    pub fn install(&self, tables: Tables) {
        self.0.tables.store(Arc::new(tables));
    }

    /// The address ranges of the switch.
    pub fn networks(&self) -> &Networks {
        &self.0.networks
    }

    /// The tables in force.
    pub fn tables(&self) -> Arc<Tables> {
        self.0.tables.load_full()
    }
}

/// What every interface of a switch shares.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) networks: Networks,
    pub(crate) uplink: Option<Uplink>,
    pub(crate) tables: ArcSwap<Tables>,
    affinity: Affinity,
    lots: AtomicU64,
    plugs: [RwLock<HashMap<IpAddr, Arc<Plug>>>; SHARDS],
    hasher: RandomState,
    hosts: Mutex<HashMap<IpAddr, Weak<Handle>>>,
}

impl Shared {
    /// Who is attached at `address`.
    pub(crate) fn plug(&self, address: IpAddr) -> Option<Arc<Plug>> {
        self.shard(address).read().unwrap_or_else(PoisonError::into_inner).get(&address).cloned()
    }

    /// Detaches `plug`, unless a later incarnation has its address already.
    pub(crate) fn remove(&self, plug: &Arc<Plug>) {
        let shard = self.shard(plug.address());
        if let Entry::Occupied(entry) =
            shard.write().unwrap_or_else(PoisonError::into_inner).entry(plug.address())
            && Arc::ptr_eq(entry.get(), plug)
        {
            entry.remove();
        }
        plug.close();
    }

    /// Decides where a new flow goes, keeping clients with their backends where the tables want that.
    pub(crate) fn decide(
        &self,
        from: IpAddr,
        to: Endpoint,
        protocol: Protocol,
        kept: Option<Endpoint>,
    ) -> Verdict {
        let tables = self.tables.load();
        let sticky = tables.service(to, protocol).and_then(|service| service.affinity);
        let client = (from, to, protocol);
        let kept = kept.or_else(|| self.affinity.recall(client, sticky?));
        let flow = Flow { from, to, protocol, lot: self.lot(), kept };
        let verdict = tables.decide(&self.networks, &flow);
        if let Some(lasts) = sticky
            && let Some(endpoint) = verdict.endpoint()
        {
            self.affinity.remember(client, endpoint, lasts);
        }
        verdict
    }

    /// The next of a sequence of numbers that looks random (splitmix64), without a lock.
    pub(crate) fn lot(&self) -> u64 {
        let mut z = self.lots.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn add(
        self: &Arc<Self>,
        attachment: Attachment,
        max_sockets: usize,
    ) -> Result<Interface, Error> {
        let address = attachment.address;
        if address.is_unspecified() || address.is_loopback() || address.is_multicast() {
            return Err(Error::AddressNotAvailable);
        }
        let mut shard = self.shard(address).write().unwrap_or_else(PoisonError::into_inner);
        let Entry::Vacant(entry) = shard.entry(address) else { return Err(Error::AddressInUse) };
        let plug = Arc::new(Plug::new(attachment, max_sockets, Arc::clone(self)));
        entry.insert(Arc::clone(&plug));
        Ok(Interface::new(plug))
    }

    fn shard(&self, address: IpAddr) -> &RwLock<HashMap<IpAddr, Arc<Plug>>> {
        let hash = self.hasher.hash_one(address);
        &self.plugs[usize::try_from(hash % SHARDS as u64).expect("a shard number is small")]
    }
}
