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
    hopeless: usize,
    /// Set if the pod may not displace others at all.
    never_preempts: bool,
}

impl Diagnosis {
    pub(crate) fn new(nodes: usize, never_preempts: bool) -> Self {
        Self { nodes, never_preempts, ..Self::default() }
    }

    pub(crate) fn add(&mut self, refusal: Refusal) {
        self.hopeless += usize::from(refusal.hopeless);
        for reason in refusal.reasons {
            *self.reasons.entry(reason).or_default() += 1;
        }
    }

    fn preemption(&self) -> String {
        if self.never_preempts {
            return "not eligible due to preemptionPolicy=Never.".to_owned();
        }
        let verdicts = BTreeMap::from([
            (Cow::Borrowed("Preemption is not helpful for scheduling"), self.hopeless),
            (
                Cow::Borrowed("No preemption victims found for incoming pod"),
                self.nodes - self.hopeless,
            ),
        ]);
        histogram(self.nodes, &verdicts)
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nodes == 0 {
            return f.write_str("no nodes available to schedule pods");
        }
        let refused = histogram(self.nodes, &self.reasons);
        write!(f, "{refused} preemption: {}", self.preemption())
    }
}

/// Counts and reasons, sorted as text the way Kubernetes sorts them.
fn histogram(nodes: usize, reasons: &BTreeMap<Cow<'static, str>, usize>) -> String {
    let counted = reasons.iter().filter(|(_, count)| **count > 0);
    let mut texts: Vec<_> = counted.map(|(reason, count)| format!("{count} {reason}")).collect();
    texts.sort();
    format!("0/{nodes} nodes are available: {}.", texts.join(", "))
}
