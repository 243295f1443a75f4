//! The ports of one interface and protocol, and what holds each.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use crate::{Error, Limit};

/// Where ports come from when the caller names none (Linux's default range).
const EPHEMERAL: RangeInclusive<u16> = 32768..=60999;

const LOWEST: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const HIGHEST: IpAddr = IpAddr::V6(Ipv6Addr::new(!0, !0, !0, !0, !0, !0, !0, !0));

/// Ports in use. An unspecified address stands for all addresses of the interface.
#[derive(Debug)]
pub(crate) struct Ports<T> {
    holders: BTreeMap<(u16, IpAddr), T>,
    next: u16,
}

impl<T> Default for Ports<T> {
    fn default() -> Self {
        Self { holders: BTreeMap::new(), next: *EPHEMERAL.start() }
    }
}

impl<T> Ports<T> {
    /// Takes `port`, or any free one for port 0, and returns it.
    pub(crate) fn bind(&mut self, address: IpAddr, port: u16, holder: T) -> Result<u16, Error> {
        let port = match port {
            0 => self.free(address).ok_or(Error::TooMany(Limit::Ports))?,
            port if self.is_free(address, port) => port,
            _ => return Err(Error::AddressInUse),
        };
        self.holders.insert((port, address), holder);
        Ok(port)
    }

    /// Replaces what holds a port.
    pub(crate) fn set(&mut self, address: IpAddr, port: u16, holder: T) {
        if let Some(found) = self.holders.get_mut(&(port, address)) {
            *found = holder;
        }
    }

    /// Gives a port back.
    pub(crate) fn release(&mut self, address: IpAddr, port: u16) {
        self.holders.remove(&(port, address));
    }

    /// What receives at `address` and `port`: the exact holder first, then one of all addresses.
    pub(crate) fn receiver(&self, address: IpAddr, port: u16) -> Option<&T> {
        self.holders.get(&(port, address)).or_else(|| {
            self.at(port).find(|((_, held), _)| held.is_unspecified()).map(|(_, holder)| holder)
        })
    }

    /// Empties the ports and returns what held them.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(&mut self.holders).into_values()
    }

    fn at(&self, port: u16) -> impl Iterator<Item = (&(u16, IpAddr), &T)> {
        self.holders.range((port, LOWEST)..=(port, HIGHEST))
    }

    fn is_free(&self, address: IpAddr, port: u16) -> bool {
        !self.at(port).any(|((_, held), _)| {
            *held == address || held.is_unspecified() || address.is_unspecified()
        })
    }

    fn free(&mut self, address: IpAddr) -> Option<u16> {
        let (first, last) = EPHEMERAL.into_inner();
        let start = self.next;
        let found = (start..=last).chain(first..start).find(|port| self.is_free(address, *port))?;
        self.next = if found == last { first } else { found + 1 };
        Some(found)
    }
}

#[cfg(test)]
mod tests;
