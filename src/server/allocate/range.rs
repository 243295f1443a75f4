//! The ranges that addresses and node ports of Services come from.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use ipnet::IpNet;

/// The lower part of a range is left for people who choose their own: a 16th of the addresses (KEP-3070) and a 32nd of
/// the ports (KEP-3668), within these bounds.
const STATIC_BAND_MIN: u64 = 16;
const STATIC_ADDRESSES_MAX: u64 = 256;
const STATIC_PORTS_MAX: u64 = 128;

/// The addresses of a network that Services may have, by their offsets.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddressRange(pub(super) IpNet);

impl AddressRange {
    /// What is drawn first, and what when that is full. Neither holds the network's own address, nor the first
    /// (that of the `kubernetes` Service in the cluster's own range), nor the last (broadcast).
    pub(super) fn bands(self) -> [(u64, u64); 2] {
        let last = self.size().saturating_sub(2);
        let first = static_band(self.size(), 16, STATIC_ADDRESSES_MAX).max(2);
        [(first, last), (2, first - 1)]
    }

    /// Whether a Service may have this address of the network: not the network's own, nor that of broadcasts.
    pub(super) fn has(self, address: IpAddr) -> bool {
        let is_broadcast = address.is_ipv4() && address == self.0.broadcast();
        address != self.0.network() && !is_broadcast
    }

    pub(super) fn address(self, offset: u64) -> IpAddr {
        match self.0.network() {
            IpAddr::V4(base) => {
                let offset = u32::try_from(offset).expect("an offset lies inside the network");
                IpAddr::V4((u32::from(base) + offset).into())
            }
            IpAddr::V6(base) => IpAddr::V6((u128::from(base) + u128::from(offset)).into()),
        }
    }

    /// How many addresses there are; a network larger than we count is as good as endless.
    fn size(self) -> u64 {
        let host_bits = u32::from(self.0.max_prefix_len() - self.0.prefix_len());
        1_u64.checked_shl(host_bits).unwrap_or(u64::MAX)
    }
}

/// The ports of a node that Services may have.
#[derive(Debug, Clone)]
pub(super) struct PortRange(pub(super) RangeInclusive<u16>);

impl PortRange {
    /// What is drawn first, and what when that is full.
    pub(super) fn bands(&self) -> [(u64, u64); 2] {
        let (first, last) = (u64::from(*self.0.start()), u64::from(*self.0.end()));
        let middle = first + static_band(last - first + 1, 32, STATIC_PORTS_MAX);
        [(middle, last), (first, middle.saturating_sub(1))]
    }
}

/// How much of a range of this size is left for one's own choice.
fn static_band(size: u64, part: u64, max: u64) -> u64 {
    if size < STATIC_BAND_MIN { 0 } else { (size / part).clamp(STATIC_BAND_MIN, max) }
}
