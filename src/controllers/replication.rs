//! What `ReplicaSets` and `ReplicationControllers` share: the right number of pods, and how they count them.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use client::{Cached, Plan, reference};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::ownership::{claim, controller_reference};
use crate::pod;
use crate::selector::Selector;

/// Pods made or deleted by one plan: larger changes go on in the next, after a look at what the first one did.
pub(crate) const BURST: usize = 500;

/// What is wanted of a group of pods.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) replicas: usize,
    pub(crate) min_ready_seconds: i32,
    pub(crate) selector: Selector,
    pub(crate) template: &'a PodTemplateSpec,
}

/// How a group's pods are, as its status shows them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) replicas: i32,
    pub(crate) fully_labeled: i32,
    pub(crate) ready: i32,
    pub(crate) available: i32,
    pub(crate) terminating: i32,
}

/// What changing the number of pods asks for; the plan takes it after the status.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) active: Vec<Arc<Pod>>,
    pub(crate) counts: Counts,
}

/// Claims the pods of an owner and counts them.
pub(crate) fn observe<Owner: Cached>(
    owner: &Owner,
    wanted: &Wanted<'_>,
    pods: &[Arc<Pod>],
    now: Timestamp,
    plan: &mut Plan,
) -> Group {
    let unfinished: Vec<_> = pods.iter().filter(|pod| !pod::is_finished(pod)).cloned().collect();
    let mine = claim(owner, &unfinished, |pod| wanted.selector.matches(&pod.metadata), plan);
    let (active, terminating): (Vec<_>, Vec<_>) =
        mine.into_iter().partition(|pod| pod::is_active(pod));
    let mut counts = count(wanted, &active, now, plan);
    counts.terminating = int(terminating.len());
    Group { active, counts }
}

fn count(wanted: &Wanted<'_>, active: &[Arc<Pod>], now: Timestamp, plan: &mut Plan) -> Counts {
    let no_labels = BTreeMap::new();
    let template = wanted.template.metadata.as_ref().and_then(|meta| meta.labels.as_ref());
    let template = template.unwrap_or(&no_labels);
    let mut counts = Counts { replicas: int(active.len()), ..Counts::default() };
    for pod in active {
        let labels = pod.metadata.labels.as_ref().unwrap_or(&no_labels);
        let labeled = template.iter().all(|(name, value)| labels.get(name) == Some(value));
        counts.fully_labeled += i32::from(labeled);
        let Some(left) = pod::available_in(pod, wanted.min_ready_seconds, now) else { continue };
        counts.ready += 1;
        match Duration::try_from(left) {
            Ok(left) if !left.is_zero() => plan.again_in(left),
            _ => counts.available += 1,
        }
    }
    counts
}

/// Makes missing pods and deletes surplus ones, the least useful first.
pub(crate) fn scale<Owner: Cached>(
    owner: &Owner,
    wanted: &Wanted<'_>,
    group: Group,
    siblings: &[Arc<Pod>],
    now: Timestamp,
    plan: &mut Plan,
) {
    if owner.meta().deletion_timestamp.is_some() {
        return;
    }
    let have = group.active.len();
    match have.cmp(&wanted.replicas) {
        Ordering::Less => {
            let missing = (wanted.replicas - have).min(BURST);
            plan.create_many(&pod_for(owner, wanted.template), missing, Some(reference(owner)));
        }
        Ordering::Greater => {
            let surplus = (have - wanted.replicas).min(BURST);
            for pod in least_useful_first(group.active, siblings, now).into_iter().take(surplus) {
                plan.delete(pod.as_ref()).announce = Some(reference(owner));
            }
        }
        Ordering::Equal => {}
    }
}

fn pod_for<Owner: Cached>(owner: &Owner, template: &PodTemplateSpec) -> Pod {
    let meta = template.metadata.clone().unwrap_or_default();
    let name = owner.meta().name.as_deref().unwrap_or_default();
    Pod {
        metadata: ObjectMeta {
            generate_name: Some(format!("{name}-")),
            namespace: owner.meta().namespace.clone(),
            labels: meta.labels,
            annotations: meta.annotations,
            finalizers: meta.finalizers,
            owner_references: Some(vec![controller_reference(owner)]),
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        status: None,
    }
}

/// The order in which surplus pods go: not yet placed, not yet running, not ready, cheap to delete (KEP-2255), many
/// siblings on the node, ready for a shorter time, restarted more, younger. Ages count by order of magnitude
/// (KEP-2185), so that not always the youngest of many goes.
fn least_useful_first(
    mut pods: Vec<Arc<Pod>>,
    siblings: &[Arc<Pod>],
    now: Timestamp,
) -> Vec<Arc<Pod>> {
    let mut per_node: BTreeMap<&str, usize> = BTreeMap::new();
    for sibling in siblings.iter().filter(|pod| pod::is_active(pod)) {
        *per_node.entry(pod::node(sibling)).or_default() += 1;
    }
    pods.sort_by_cached_key(|pod| {
        let crowd = per_node.get(pod::node(pod)).copied().unwrap_or_default();
        (
            !pod::node(pod).is_empty(),
            phase_rank(pod),
            pod::is_ready(pod),
            deletion_cost(pod),
            usize::MAX - crowd,
            pod::ready_since(pod).map(|since| magnitude(now, since)),
            i64::MAX - restarts(pod),
            magnitude(now, pod::created(pod)),
            pod.metadata.uid.clone(),
        )
    });
    pods
}

fn phase_rank(pod: &Pod) -> u8 {
    match pod::phase(pod) {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    }
}

fn deletion_cost(pod: &Pod) -> i32 {
    let annotations = pod.metadata.annotations.as_ref();
    let cost = annotations.and_then(|all| all.get("controller.kubernetes.io/pod-deletion-cost"));
    cost.and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

fn restarts(pod: &Pod) -> i64 {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref());
    let most = statuses.unwrap_or_default().iter().map(|status| status.restart_count).max();
    most.unwrap_or(0).into()
}

/// The logarithm of an age, rounded down.
fn magnitude(now: Timestamp, since: Timestamp) -> u32 {
    let age = now.duration_since(since).as_secs();
    u64::try_from(age).unwrap_or(0).checked_ilog2().map_or(0, |log| log + 1)
}

/// A count as statuses carry it.
pub(crate) fn int(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
