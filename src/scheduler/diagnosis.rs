//! Why a pod fits nowhere, in the words that users know.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Why one node refuses a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What stands in the way; more than one resource may be short.
    pub reasons: Vec<Cow<'static, str>>,
    /// Whether it would still refuse if other pods made room.
    pub hopeless: bool,
}

impl Refusal {
    /// Refuses for what no other pod can change.
    pub(crate) fn hopeless(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reasons: vec![reason.into()], hopeless: true }
    }

    /// Refuses for what other pods have taken.
    pub(crate) fn taken(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reasons: vec![reason.into()], hopeless: false }
    }
}

/// The refusals of all nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    nodes: usize,
    reasons: BTreeMap<Cow<'static, str>, usize>,
}

impl Diagnosis {
    pub(crate) fn new(nodes: usize) -> Self {
        Self { nodes, ..Self::default() }
    }

    pub(crate) fn add(&mut self, refusal: Refusal) {
        for reason in refusal.reasons {
            *self.reasons.entry(reason).or_default() += 1;
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nodes == 0 {
            return f.write_str("no nodes available to schedule pods");
        }
        // Sorted as text, the way Kubernetes sorts them.
        let mut texts: Vec<_> =
            self.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        texts.sort();
        write!(f, "0/{} nodes are available: {}.", self.nodes, texts.join(", "))
    }
}
