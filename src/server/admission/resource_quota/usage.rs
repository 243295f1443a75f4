//! What one object uses, and what scopes ask about it.

use jiff::{SignedDuration, Timestamp};
use kinds::demand;
use machinery::{Quantity, document};
use serde_json::Value;

use crate::admission::read::{Amounts, amount, items, text};

/// The resources of the core group that are also counted under their plain name.
const PLAIN: &[&str] = &[
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
];

/// What one object uses.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Charge {
    pub(super) usage: Amounts,
    pub(super) subject: Subject,
    /// When a pod should be gone by that is being deleted. Should its node be lost, it is not held against its owner.
    pub(super) ends: Option<Timestamp>,
}

/// What scopes ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A pod; `class` is its priority class.
    Pod { terminating: bool, best_effort: bool, crosses_namespaces: bool, class: String },
    /// A claim; `class` is the class of its volume's attributes.
    Claim { class: String },
    /// No scope is about it.
    Other,
}

impl Charge {
    /// Reads an object of a resource, `pods` or `deployments.apps`.
    pub(super) fn of(resource: &str, object: &Value) -> Self {
        let mut usage = Amounts::from([(format!("count/{resource}"), Quantity::new(1))]);
        if PLAIN.contains(&resource) {
            usage.insert(resource.to_owned(), Quantity::new(1));
        }
        let spec = &object["spec"];
        let subject = match resource {
            "pods" => {
                if !matches!(text(&object["status"], "phase"), "Succeeded" | "Failed") {
                    add_pod(&mut usage, spec);
                }
                pod_subject(object)
            }
            "services" => {
                add_service(&mut usage, spec);
                Subject::Other
            }
            "persistentvolumeclaims" => {
                add_claim(&mut usage, object);
                Subject::Claim { class: text(spec, "volumeAttributesClassName").to_owned() }
            }
            _ => Subject::Other,
        };
        let ends = if resource == "pods" { end(&object["metadata"]) } else { None };
        Self { usage, subject, ends }
    }

    /// Whether it counts for something at a time by which it should not.
    pub(super) fn is_overdue(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|end| end < now) && !self.usage.keys().all(|name| is_of_object(name))
    }

    /// Leaves only that there is an object.
    pub(super) fn lapse(&mut self) {
        self.usage.retain(|name, _| is_of_object(name));
    }
}

fn is_of_object(name: &str) -> bool {
    name.starts_with("count/")
}

/// The end of a deletion and once more its grace, as on Kubernetes.
fn end(metadata: &Value) -> Option<Timestamp> {
    let end: Timestamp = text(metadata, "deletionTimestamp").parse().ok()?;
    let grace = SignedDuration::from_secs(metadata["deletionGracePeriodSeconds"].as_i64()?);
    end.saturating_add(grace).ok()
}

fn add_pod(usage: &mut Amounts, spec: &Value) {
    usage.insert("pods".to_owned(), Quantity::new(1));
    for (name, amount) in demand::requests(spec) {
        let plain = ["cpu", "memory", "ephemeral-storage"].contains(&name.as_str());
        usage.insert(format!("requests.{name}"), amount);
        if plain || name.starts_with("hugepages-") {
            usage.insert(name, amount);
        }
    }
    for (name, amount) in demand::limits(spec) {
        if ["cpu", "memory", "ephemeral-storage"].contains(&name.as_str()) {
            usage.insert(format!("limits.{name}"), amount);
        }
    }
}

fn pod_subject(pod: &Value) -> Subject {
    let spec = &pod["spec"];
    Subject::Pod {
        terminating: spec["activeDeadlineSeconds"].as_i64().is_some(),
        best_effort: text(&pod["status"], "qosClass") == "BestEffort",
        crosses_namespaces: crosses_namespaces(&spec["affinity"]),
        class: text(spec, "priorityClassName").to_owned(),
    }
}

fn crosses_namespaces(affinity: &Value) -> bool {
    let sides = ["podAffinity", "podAntiAffinity"].map(|side| &affinity[side]);
    let terms = sides.into_iter().flat_map(|side| {
        let preferred = items(side, "preferredDuringSchedulingIgnoredDuringExecution");
        let preferred = preferred.map(|weighted| &weighted["podAffinityTerm"]);
        items(side, "requiredDuringSchedulingIgnoredDuringExecution").chain(preferred)
    });
    let mut terms = terms;
    terms.any(|term| {
        items(term, "namespaces").next().is_some() || !term["namespaceSelector"].is_null()
    })
}

fn add_service(usage: &mut Amounts, spec: &Value) {
    let all = items(spec, "ports").count();
    let ports = match text(spec, "type") {
        "NodePort" => all,
        "LoadBalancer" => {
            usage.insert("services.loadbalancers".to_owned(), Quantity::new(1));
            if spec["allocateLoadBalancerNodePorts"] == false {
                items(spec, "ports")
                    .filter(|port| port["nodePort"].as_i64().unwrap_or(0) != 0)
                    .count()
            } else {
                all
            }
        }
        _ => return,
    };
    let ports = i64::try_from(ports).unwrap_or(i64::MAX);
    usage.insert("services.nodeports".to_owned(), Quantity::new(ports));
}

fn add_claim(usage: &mut Amounts, claim: &Value) {
    let wanted = amount(&claim["spec"]["resources"]["requests"]["storage"]);
    // A volume that was made larger stays so when the claim takes its wish back.
    let given = amount(&claim["status"]["allocatedResources"]["storage"]);
    let storage = wanted.max(given);
    if let Some(storage) = storage {
        usage.insert("requests.storage".to_owned(), storage);
    }
    let annotation = document::annotation(claim, "volume.beta.kubernetes.io/storage-class");
    let class = annotation.unwrap_or_else(|| text(&claim["spec"], "storageClassName"));
    if class.is_empty() {
        return;
    }
    let prefix = format!("{class}.storageclass.storage.k8s.io");
    usage.insert(format!("{prefix}/persistentvolumeclaims"), Quantity::new(1));
    if let Some(storage) = storage {
        usage.insert(format!("{prefix}/requests.storage"), storage);
    }
}
