//! A range that addresses of Services come from.

use std::net::IpAddr;

use ipnet::IpNet;

/// Addresses below this offset are left for people who choose their own (KEP-3070).
const STATIC_BAND: u64 = 256;

/// The addresses of a network that Services may have, by their offsets.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddressRange(pub(super) IpNet);

impl AddressRange {
    /// What is drawn first, and what when that is full. Neither holds the network's own address, nor the first
    /// (that of the `kubernetes` Service in the cluster's own range), nor the last (broadcast).
    pub(super) fn bands(self) -> [(u64, u64); 2] {
        let last = self.size().saturating_sub(2);
        let first = if last > 2 * STATIC_BAND { STATIC_BAND } else { 2 };
        [(first, last), (2, first.saturating_sub(1))]
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
