//! How much of a zone is down: evicting pods is pointless when there is nowhere to go.

use k8s_openapi::api::core::v1::Node;

/// A zone with more of its nodes down than this share (in percent) has a problem that is not the nodes' ...
const LARGE_OUTAGE_PERCENT: usize = 55;
/// ... if at least this many are down.
const LARGE_OUTAGE_NODES: usize = 3;
/// Zones up to this size stop evicting in a large outage; larger ones go on.
const SMALL_ZONE: usize = 50;

/// The state of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outage {
    /// Few nodes are down, or none: pods may be evicted.
    Small,
    /// So many are down that nothing new is evicted.
    Large,
    /// All are down: more likely it is us who cannot see them.
    Full,
}

impl Outage {
    /// Judges a zone by which of its nodes are ready.
    pub(crate) fn among(ready: impl Iterator<Item = bool>) -> Self {
        let (up, down): (Vec<bool>, Vec<bool>) = ready.partition(|ready| *ready);
        let (up, down) = (up.len(), down.len());
        if up == 0 && down > 0 {
            Self::Full
        } else if down >= LARGE_OUTAGE_NODES
            && down * 100 >= (up + down) * LARGE_OUTAGE_PERCENT
            && up + down <= SMALL_ZONE
        {
            Self::Large
        } else {
            Self::Small
        }
    }
}

/// The region and zone of a node.
pub(crate) fn of(node: &Node) -> (Option<&str>, Option<&str>) {
    let label = |name: &str| node.metadata.labels.as_ref()?.get(name).map(String::as_str);
    (label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone"))
}
