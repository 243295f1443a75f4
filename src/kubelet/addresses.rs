//! Which pod has which address of the node's range.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

/// The addresses of one node, each held by at most one incarnation of a pod.
#[derive(Debug)]
pub(crate) struct Addresses {
    range: IpNet,
    holders: BTreeMap<IpAddr, String>,
    held: BTreeMap<String, IpAddr>,
    /// Where the search for a free address goes on. It moves round the whole range, so that an
    /// address rests as long as possible before it means another pod.
    cursor: u128,
}

impl Addresses {
    pub(crate) fn new(range: IpNet) -> Self {
        Self {
            range: range.trunc(),
            holders: BTreeMap::new(),
            held: BTreeMap::new(),
            cursor: FIRST,
        }
    }

    /// Keeps an address for a pod that had it before, if it is of the range and free.
    pub(crate) fn reserve(&mut self, uid: &str, address: IpAddr) -> bool {
        let usable = number(self.range.network(), address)
            .is_some_and(|number| (FIRST..self.end()).contains(&number));
        if !usable || self.holders.get(&address).is_some_and(|holder| holder != uid) {
            return false;
        }
        self.release(uid);
        self.hold(uid, address);
        true
    }

    /// The address that a pod holds.
    pub(crate) fn of(&self, uid: &str) -> Option<IpAddr> {
        self.held.get(uid).copied()
    }

    /// The pod's address: the one it holds already, or the next free one. None when all are taken.
    pub(crate) fn allocate(&mut self, uid: &str) -> Option<IpAddr> {
        if let Some(address) = self.held.get(uid) {
            return Some(*address);
        }
        let (first, end) = (FIRST, self.end());
        if self.holders.len() as u128 >= end.saturating_sub(first) {
            return None;
        }
        loop {
            if self.cursor >= end {
                self.cursor = first;
            }
            let address = nth(self.range.network(), self.cursor)?;
            self.cursor += 1;
            if !self.holders.contains_key(&address) {
                self.hold(uid, address);
                return Some(address);
            }
        }
    }

    /// Gives a pod's address back, once nothing of the pod is left that could answer there.
    pub(crate) fn release(&mut self, uid: &str) {
        if let Some(address) = self.held.remove(uid) {
            self.holders.remove(&address);
        }
    }

    fn hold(&mut self, uid: &str, address: IpAddr) {
        self.holders.insert(address, uid.to_owned());
        self.held.insert(uid.to_owned(), address);
    }

    /// The first number that is no pod's any more.
    fn end(&self) -> u128 {
        number_of_node_ports(self.range)
    }
}

/// Number 0 is the network itself, number 1 the node.
const FIRST: u128 = 2;

/// The node's own address on the pod network: the first of the range, as bridges have it.
pub fn host_address(range: IpNet) -> IpAddr {
    nth(range.trunc().network(), 1).unwrap_or(range.network())
}

/// The address that connections to the host's ports come from: the last of the range but its broadcast. It is not
/// the node's, so that clients of the ports do not use up what the node needs for its probes.
pub fn node_ports_address(range: IpNet) -> IpAddr {
    nth(range.trunc().network(), number_of_node_ports(range)).unwrap_or(range.network())
}

fn number_of_node_ports(range: IpNet) -> u128 {
    // More numbers than any node has pods need no search.
    let bits = u32::from(range.max_prefix_len() - range.prefix_len()).min(64);
    (1_u128 << bits).saturating_sub(2)
}

fn nth(network: IpAddr, number: u128) -> Option<IpAddr> {
    match network {
        IpAddr::V4(network) => {
            let bits = u32::from(network).checked_add(u32::try_from(number).ok()?)?;
            Some(IpAddr::V4(bits.into()))
        }
        IpAddr::V6(network) => Some(IpAddr::V6(u128::from(network).checked_add(number)?.into())),
    }
}

fn number(network: IpAddr, address: IpAddr) -> Option<u128> {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            u32::from(address).checked_sub(u32::from(network)).map(u128::from)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            u128::from(address).checked_sub(u128::from(network))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
