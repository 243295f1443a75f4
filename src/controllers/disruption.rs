//! Says of each `PodDisruptionBudget` how many of its pods may be evicted now.
//!
//! The API server takes from that number when it lets a pod be evicted, and writes down which pod got it; such a pod
//! does not count as healthy any more, so that the number computed next is right although the pod is still there.

mod custom;
mod scales;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use client::{Cache, Caches, Change, Controller, Key, Occurrence, Plan, Watches};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::pod;
use crate::resources::Resources;
use crate::selector::Selector;
use scales::{Scale, Scales};

/// A pod whose eviction was allowed is gone after this long, or the eviction came to nothing.
const CONFIRMATION: SignedDuration = SignedDuration::from_mins(2);
/// When what could not be computed is tried again.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
const ALLOWED: &str = "DisruptionAllowed";

/// What a decision about one budget is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    budget: Arc<PodDisruptionBudget>,
    /// The pods it selects.
    pods: Vec<Arc<Pod>>,
    /// What the controllers of those pods want, by the uid that pods name, or why nobody can tell.
    scales: BTreeMap<String, Result<Scale, String>>,
    now: Timestamp,
}

/// How many pods there should be, and how many of them have to be healthy.
#[derive(Debug, PartialEq)]
struct Expected {
    pods: i32,
    healthy: i32,
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
pub(crate) fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let budget = snapshot.budget.as_ref();
    let old = budget.status.clone().unwrap_or_default();
    let disrupted = disrupted(snapshot, &old, &mut plan);
    let expected = expected(snapshot);
    let mut status = PodDisruptionBudgetStatus {
        disrupted_pods: (!disrupted.is_empty()).then_some(disrupted),
        observed_generation: budget.metadata.generation,
        ..old.clone()
    };
    if let Ok(expected) = &expected {
        count(&mut status, expected, snapshot);
    } else {
        // What cannot be computed allows nothing, and is tried again: a kind may just have been defined.
        status.disruptions_allowed = 0;
        plan.again_in(LOOK_AGAIN);
    }
    set_condition(&mut status, expected.as_ref().err(), snapshot.now);
    if budget.status.as_ref() == Some(&status) {
        return plan;
    }
    if snapshot.pods.is_empty() {
        plan.emit(Occurrence::normal(budget, "NoPods", "No matching pods found"));
    }
    if let Err(problem) = expected {
        let message = format!("Failed to calculate the number of expected pods: {problem}");
        plan.emit(Occurrence::warning(budget, "CalculateExpectedPodCountFailed", message));
    }
    plan.set_status(&PodDisruptionBudget { status: Some(status), ..budget.clone() });
    plan
}

fn count(status: &mut PodDisruptionBudgetStatus, expected: &Expected, snapshot: &Snapshot) {
    let spared = status.disrupted_pods.as_ref();
    let healthy = snapshot.pods.iter().filter(|pod| {
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        pod.metadata.deletion_timestamp.is_none()
            && !spared.is_some_and(|pods| pods.contains_key(name))
            && pod::is_ready(pod)
    });
    status.current_healthy = int(healthy.count());
    status.desired_healthy = expected.healthy;
    status.expected_pods = expected.pods;
    let rest = status.current_healthy - expected.healthy;
    status.disruptions_allowed = if expected.pods > 0 { rest.max(0) } else { 0 };
}

/// The pods that may be evicted and are still there.
fn disrupted(
    snapshot: &Snapshot,
    old: &PodDisruptionBudgetStatus,
    plan: &mut Plan,
) -> BTreeMap<String, Time> {
    let mut still = BTreeMap::new();
    for pod in snapshot.pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let Some(since) = old.disrupted_pods.as_ref().and_then(|pods| pods.get(name)) else {
            continue;
        };
        let left = since
            .0
            .saturating_add(CONFIRMATION)
            .map_or(SignedDuration::ZERO, |end| end.duration_since(snapshot.now));
        if left.is_positive() {
            plan.again_in(left.unsigned_abs());
            still.insert(name.to_owned(), since.clone());
        } else {
            let budget = Key::of(snapshot.budget.as_ref());
            let message = format!("Pod was expected by PDB {budget} to be deleted but it wasn't");
            plan.emit(Occurrence::warning(pod.as_ref(), "NotDeleted", message));
        }
    }
    still
}

fn expected(snapshot: &Snapshot) -> Result<Expected, String> {
    let spec = snapshot.budget.spec.clone().unwrap_or_default();
    match (&spec.max_unavailable, &spec.min_available) {
        (Some(most), _) => {
            let pods = scales::total(&snapshot.pods, &snapshot.scales)?;
            let healthy = (pods - share(most, pods)?).max(0);
            Ok(Expected { pods, healthy })
        }
        (None, Some(IntOrString::Int(least))) => {
            Ok(Expected { pods: int(snapshot.pods.len()), healthy: *least })
        }
        (None, Some(least)) => {
            let pods = scales::total(&snapshot.pods, &snapshot.scales)?;
            Ok(Expected { pods, healthy: share(least, pods)? })
        }
        (None, None) => Ok(Expected { pods: 0, healthy: 0 }),
    }
}

/// A number, or a percentage of `total`, rounded up.
fn share(value: &IntOrString, total: i32) -> Result<i32, String> {
    match value {
        IntOrString::Int(number) => Ok(*number),
        IntOrString::String(text) => {
            let percent = text.strip_suffix('%').and_then(|digits| digits.parse::<i64>().ok());
            let percent =
                percent.ok_or_else(|| format!("invalid value for IntOrString: {text}"))?;
            let hundredths = percent.saturating_mul(i64::from(total)).saturating_add(99);
            Ok(i32::try_from(hundredths / 100).unwrap_or(i32::MAX))
        }
    }
}

/// Says whether pods may be evicted now.
fn set_condition(status: &mut PodDisruptionBudgetStatus, problem: Option<&String>, now: Timestamp) {
    let (allowed, reason) = match problem {
        Some(_) => ("False", "SyncFailed"),
        None if status.disruptions_allowed > 0 => ("True", "SufficientPods"),
        None => ("False", "InsufficientPods"),
    };
    let conditions = status.conditions.get_or_insert_default();
    let old = conditions.iter_mut().find(|condition| condition.type_ == ALLOWED);
    let since = match &old {
        Some(old) if old.status == allowed => old.last_transition_time.clone(),
        _ => Time(now),
    };
    let new = Condition {
        type_: ALLOWED.to_owned(),
        status: allowed.to_owned(),
        reason: reason.to_owned(),
        message: problem.cloned().unwrap_or_default(),
        last_transition_time: since,
        observed_generation: status.observed_generation,
    };
    match old {
        Some(old) => *old = new,
        None => conditions.push(new),
    }
}

fn int(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Runs [`reconcile`] for every budget.
#[derive(Debug)]
pub(crate) struct Disruption {
    budgets: Cache<PodDisruptionBudget>,
    pods: Cache<Pod>,
    scales: Scales,
}

impl Disruption {
    pub(crate) fn new(caches: &Caches, resources: &Resources, tasks: &Tasks) -> Self {
        let scales = Scales::new(caches, resources, tasks);
        Self { budgets: caches.of(), pods: caches.of(), scales }
    }
}

impl Controller for Disruption {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "disruption";

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.budgets);
        let budgets = self.budgets.clone();
        watches.on(&self.pods, move |change| about(&budgets, change));
        self.scales.watch(watches, &self.budgets);
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        let budget = self.budgets.get(key)?;
        let selector = selector(&budget);
        let mut pods = self.pods.in_namespace(&key.namespace);
        pods.retain(|pod| selector.as_ref().is_some_and(|one| one.matches(&pod.metadata)));
        let scales =
            if asks_controllers(&budget) { self.scales.of(&pods)? } else { BTreeMap::new() };
        Some(Snapshot { budget, pods, scales, now })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }
}

fn selector(budget: &PodDisruptionBudget) -> Option<Selector> {
    budget.spec.as_ref()?.selector.as_ref().map(Selector::of)
}

/// Whether it matters to a budget how many pods there should be.
fn asks_controllers(budget: &PodDisruptionBudget) -> bool {
    budget.spec.as_ref().is_some_and(|spec| {
        spec.max_unavailable.is_some() || matches!(spec.min_available, Some(IntOrString::String(_)))
    })
}

/// The budgets that are or were about a pod.
fn about(budgets: &Cache<PodDisruptionBudget>, change: &Change<Pod>) -> Vec<Key> {
    let mut budgets = budgets.in_namespace(&change.key().namespace);
    budgets.retain(|budget| {
        selector(budget)
            .is_some_and(|selector| change.states().any(|pod| selector.matches(&pod.metadata)))
    });
    budgets.iter().map(|budget| Key::of(budget.as_ref())).collect()
}

#[cfg(test)]
mod tests;
