//! Which addresses belong to the switch, and in what sense.

use std::net::IpAddr;

use ipnet::IpNet;

/// The address ranges of a switch.
#[derive(Debug, Clone, Default)]
pub struct Networks {
    /// Ranges that interfaces have their addresses from.
    pub attached: Vec<IpNet>,
    /// Ranges of addresses that exist in the tables only.
    pub virtual_only: Vec<IpNet>,
}

/// Where an address belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An interface may have it.
    Attached,
    /// Only the tables may give it a meaning.
    Virtual,
    /// It is none of ours.
    Outside,
}

impl Networks {
    /// Tells where `address` belongs.
    pub fn place(&self, address: IpAddr) -> Place {
        let within = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        if within(&self.virtual_only) {
            Place::Virtual
        } else if within(&self.attached) {
            Place::Attached
        } else {
            Place::Outside
        }
    }
}
