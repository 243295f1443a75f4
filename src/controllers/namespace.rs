//! Empties a namespace that is being deleted, then lets it go.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::{Action, Cache, Caches, Controller, Key, Plan, Requirement, Resource, Watches};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use serde_json::json;
use tokio::time::Instant;

use crate::refusals::Refusals;
use crate::resources::{Completeness, Resources};

/// The finalizer that this controller stands for.
const FINALIZER: &str = "kubernetes";
/// What waits for something else (a pod's grace period, somebody's finalizer) is asked again this often, should a change
/// be missed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// It takes about this long to hear which resources there are.
const DISCOVERY: Duration = Duration::from_millis(50);

/// What is left of one resource in the namespace.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) resource: Resource,
    pub(crate) objects: usize,
    /// Of those, the ones that are not being deleted yet.
    pub(crate) untouched: usize,
    /// How many objects each finalizer holds.
    pub(crate) finalizers: BTreeMap<String, usize>,
    /// Whether the numbers mean anything; events are not counted.
    pub(crate) counted: bool,
}

/// What a decision about one namespace is based on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) content: Vec<Content>,
    /// Groups and versions of other API servers that do not answer: nobody knows what they have in the namespace.
    pub(crate) unreachable: Vec<String>,
    /// Whether all resources are known that there were when the deletion began: nothing was made of others since.
    pub(crate) known: Completeness,
    /// What the server said when it refused to delete something.
    pub(crate) refusal: Option<String>,
    pub(crate) now: Timestamp,
}

/// Decides what to do. Knows no I/O; the shell carries out the plan.
pub(crate) fn reconcile(snapshot: &Snapshot) -> Plan {
    let mut plan = Plan::default();
    let finalizers = snapshot.namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_deref());
    let ours = finalizers.unwrap_or_default().iter().any(|name| name == FINALIZER);
    if snapshot.namespace.metadata.deletion_timestamp.is_none() || !ours {
        return plan;
    }
    report(snapshot, &mut plan);
    // Pods first (KEP-5080), so that nothing runs on without the policies and secrets it relies on.
    let (pods, rest): (Vec<_>, Vec<_>) =
        snapshot.content.iter().partition(|content| content.resource.plural == "pods");
    let pods_remain = pods.iter().any(|content| content.objects > 0);
    let now = if pods_remain { pods.clone() } else { [pods, rest].concat() };
    let remains = snapshot.content.iter().any(|content| content.objects > 0);
    let known = snapshot.known == Completeness::Complete;
    for content in &now {
        if content.untouched > 0 || !content.counted || (known && !remains) {
            plan.push(Action::DeleteAll {
                resource: content.resource.clone(),
                namespace: name(snapshot),
            });
        }
    }
    if remains || !snapshot.unreachable.is_empty() {
        plan.again_in(LOOK_AGAIN);
        return plan;
    }
    match snapshot.known {
        Completeness::Complete => {}
        Completeness::Awaited => {
            plan.again_in(DISCOVERY);
            return plan;
        }
        Completeness::Failed(_) => {
            plan.again_in(LOOK_AGAIN);
            return plan;
        }
    }
    for content in &now {
        let (resource, namespace) = (content.resource.clone(), name(snapshot));
        plan.push(Action::Require(Requirement::Empty { resource, namespace }));
    }
    finalize(snapshot, &mut plan);
    plan
}

fn name(snapshot: &Snapshot) -> String {
    snapshot.namespace.metadata.name.clone().unwrap_or_default()
}

fn finalize(snapshot: &Snapshot, plan: &mut Plan) {
    let mut namespace = snapshot.namespace.as_ref().clone();
    if let Some(finalizers) = namespace.spec.as_mut().and_then(|spec| spec.finalizers.as_mut()) {
        finalizers.retain(|name| name != FINALIZER);
    }
    // The status above may have replaced the version; what is finalized is this incarnation, whatever its version.
    namespace.metadata.resource_version = None;
    let target = client::Target::of(&namespace);
    let body = serde_json::to_value(&namespace).expect("a namespace is plain data with text keys");
    plan.push(Action::Update { target, subresource: "finalize", body });
}

/// Says in the conditions what holds the namespace up.
fn report(snapshot: &Snapshot, plan: &mut Plan) {
    let status = snapshot.namespace.status.clone().unwrap_or_default();
    let old = status.conditions.clone().unwrap_or_default();
    let (remaining, finalizers) = (remaining(snapshot), finalizers(snapshot));
    let wanted = [
        condition(
            "NamespaceDeletionDiscoveryFailure",
            undiscovered(snapshot).map(|what| ("DiscoveryFailed", what)),
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        condition(
            "NamespaceDeletionGroupVersionParsingFailure",
            None,
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        condition(
            "NamespaceDeletionContentFailure",
            snapshot.refusal.as_ref().map(|refusal| {
                let what = format!("Failed to delete all resource types, 1 remaining: {refusal}");
                ("ContentDeletionFailed", what)
            }),
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        condition(
            "NamespaceContentRemaining",
            remaining.map(|what| {
                ("SomeResourcesRemain", format!("Some resources are remaining: {what}"))
            }),
            "ContentRemoved",
            "All content successfully removed",
        ),
        condition(
            "NamespaceFinalizersRemaining",
            finalizers.map(|what| {
                let message =
                    format!("Some content in the namespace has finalizers remaining: {what}");
                ("SomeFinalizersRemain", message)
            }),
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished",
        ),
    ];
    let mut conditions = old.clone();
    for mut new in wanted {
        let position = conditions.iter().position(|known| known.type_ == new.type_);
        let known = position.map(|index| conditions[index].clone());
        let same_status = known.as_ref().is_some_and(|known| known.status == new.status);
        new.last_transition_time = match known {
            Some(known) if same_status => known.last_transition_time,
            _ => Some(Time(snapshot.now)),
        };
        match position {
            Some(index) => conditions[index] = new,
            None => conditions.push(new),
        }
    }
    if conditions != old || status.phase.as_deref() != Some("Terminating") {
        let status = json!({ "phase": "Terminating", "conditions": conditions });
        plan.patch_status(snapshot.namespace.as_ref(), status);
    }
}

fn condition(
    kind: &str,
    problem: Option<(&str, String)>,
    fine_reason: &str,
    fine: &str,
) -> NamespaceCondition {
    let status = if problem.is_some() { "True" } else { "False" };
    let (reason, message) = problem.unwrap_or((fine_reason, fine.to_owned()));
    NamespaceCondition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message),
        last_transition_time: None,
    }
}

fn undiscovered(snapshot: &Snapshot) -> Option<String> {
    if let Completeness::Failed(failure) = &snapshot.known {
        return Some(failure.clone());
    }
    let unreachable = &snapshot.unreachable;
    let stale: Vec<String> = unreachable
        .iter()
        .map(|version| format!("{version}: stale GroupVersion discovery: {version}"))
        .collect();
    (!stale.is_empty()).then(|| {
        format!(
            "Discovery failed for some groups, {} failing: unable to retrieve the complete list of server APIs: {}",
            stale.len(),
            stale.join(", ")
        )
    })
}

fn remaining(snapshot: &Snapshot) -> Option<String> {
    let left = snapshot.content.iter().filter(|content| content.objects > 0);
    let mut parts: Vec<String> = left
        .map(|content| {
            let Resource { group, plural, .. } = &content.resource;
            format!("{plural}.{group} has {} resource instances", content.objects)
        })
        .collect();
    parts.sort();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn finalizers(snapshot: &Snapshot) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (finalizer, count) in snapshot.content.iter().flat_map(|content| &content.finalizers) {
        *counts.entry(finalizer).or_default() += count;
    }
    let mut text = String::new();
    for (finalizer, count) in counts {
        let comma = if text.is_empty() { "" } else { ", " };
        write!(text, "{comma}{finalizer} in {count} resource instances").ok()?;
    }
    (!text.is_empty()).then_some(text)
}

/// The group and version of an API server that does not answer.
fn unreachable(api: &APIService) -> Option<String> {
    let spec = api.spec.as_ref().filter(|spec| spec.service.is_some())?;
    let conditions = api.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let mut available = conditions.filter(|condition| condition.type_ == "Available");
    if available.next().is_some_and(|condition| condition.status == "True") {
        return None;
    }
    let (group, version) = (spec.group.as_deref().unwrap_or_default(), spec.version.as_deref());
    Some(format!("{group}/{}", version.unwrap_or_default()))
}

/// Runs [`reconcile`] for every namespace.
#[derive(Debug)]
pub(crate) struct Namespaces {
    all: Cache<Namespace>,
    apis: Cache<APIService>,
    resources: Resources,
    refusals: Refusals,
    /// Since when a namespace is known to go: its uid and the time.
    going: Mutex<BTreeMap<Key, (Option<String>, Instant)>>,
}

impl Namespaces {
    pub(crate) fn new(caches: &Caches, resources: &Resources) -> Self {
        let refusals = Refusals::default();
        Self {
            all: caches.of(),
            apis: caches.of(),
            resources: resources.clone(),
            refusals,
            going: Mutex::default(),
        }
    }

    /// Since when this incarnation is known to go, which is now if nobody knew.
    fn going_since(&self, key: &Key, namespace: &Namespace) -> Instant {
        let uid = &namespace.metadata.uid;
        let mut going = self.going.lock().expect("only single operations");
        let known = going.entry(key.clone()).or_insert_with(|| (uid.clone(), Instant::now()));
        if known.0 != *uid {
            *known = (uid.clone(), Instant::now());
        }
        known.1
    }

    fn unreachable(&self) -> Vec<String> {
        let mut versions: Vec<String> =
            self.apis.list().iter().filter_map(|api| unreachable(api)).collect();
        versions.sort();
        versions
    }

    fn content(&self, namespace: &str) -> Vec<Content> {
        let namespaced = self.resources.all().into_iter().filter(|known| known.namespaced);
        // Events are one collection under two names.
        let own = namespaced.filter(|known| known.resource.group != "events.k8s.io");
        own.map(|known| {
            let objects = known.objects.as_ref().map(|objects| objects.in_namespace(namespace));
            let counted = objects.is_some();
            let objects = objects.unwrap_or_default();
            let untouched =
                objects.iter().filter(|o| o.metadata.deletion_timestamp.is_none()).count();
            let mut finalizers: BTreeMap<String, usize> = BTreeMap::new();
            for finalizer in objects.iter().flat_map(|o| o.metadata.finalizers.iter().flatten()) {
                *finalizers.entry(finalizer.clone()).or_default() += 1;
            }
            let objects = objects.len();
            Content { resource: known.resource, objects, untouched, finalizers, counted }
        })
        .collect()
    }
}

impl Controller for Namespaces {
    type Key = Key;
    type Snapshot = Snapshot;
    const NAME: &'static str = "namespace-controller";
    /// A webhook that was down for a while should hold no namespace up for longer, as on Kubernetes.
    const RETRY_CAP: Duration = Duration::from_mins(1);

    fn watches(&self, watches: &Watches<'_, Key>) {
        watches.each(&self.all);
        let (namespaces, queue) = (self.all.clone(), watches.queue().clone());
        self.resources.on_change(move |_, change| {
            if change.new.is_some() {
                return;
            }
            let key = Key::cluster(change.key().namespace);
            let leaving =
                namespaces.get(&key).is_some_and(|n| n.metadata.deletion_timestamp.is_some());
            if leaving {
                queue.add(key);
            }
        });
    }

    fn observe(&self, key: &Key, now: Timestamp) -> Option<Snapshot> {
        let found = self.all.get(key);
        let refusal = self.refusals.of(key, found.as_deref());
        let leaving = found.filter(|found| found.metadata.deletion_timestamp.is_some());
        let Some(namespace) = leaving else {
            self.going.lock().expect("only single operations").remove(key);
            return None;
        };
        let known = self.resources.completeness_at(self.going_since(key, &namespace));
        let (content, unreachable) = (self.content(&key.name), self.unreachable());
        Some(Snapshot { namespace, content, unreachable, known, refusal, now })
    }

    fn reconcile(&self, snapshot: &Snapshot) -> Plan {
        reconcile(snapshot)
    }

    fn ended(&self, key: &Key, refusal: Option<&str>) {
        self.refusals.note(&self.all, key, refusal);
    }
}

#[cfg(test)]
mod tests;
