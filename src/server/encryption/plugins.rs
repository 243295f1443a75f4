//! The plugins of the configuration in force, for whoever asks after their health.

use std::sync::Arc;

use arc_swap::ArcSwap;
use base::Random;

use super::config::Configuration;

/// The plugins in force.
#[derive(Debug)]
pub(crate) struct Plugins {
    in_force: Arc<ArcSwap<Configuration>>,
    may_change: bool,
    random: Random,
}

impl Plugins {
    pub(super) fn new(
        in_force: Arc<ArcSwap<Configuration>>,
        may_change: bool,
        random: Random,
    ) -> Self {
        Self { in_force, may_change, random }
    }

    /// Whether another configuration may be taken up.
    pub(crate) fn may_change(&self) -> bool {
        self.may_change
    }

    pub(crate) fn count(&self) -> usize {
        self.in_force.load().plugins().count()
    }

    /// Whether the one of this number, or each, has confirmed its key lately or does so now.
    pub(crate) async fn are_well(&self, which: Option<usize>) -> bool {
        let configuration = self.in_force.load_full();
        for (number, plugin) in configuration.plugins().enumerate() {
            let asked = which.is_none_or(|which| which == number);
            if asked && plugin.keep(&self.random).await.is_err() {
                return false;
            }
        }
        true
    }
}
