//! What one quota limits, and which objects it is about.

use serde_json::Value;

use super::usage::{Charge, Subject};
use crate::admission::read::{Amounts, amount, amounts, items, text};

/// The spec of a quota.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rules {
    pub(super) hard: Amounts,
    scopes: Vec<Scope>,
}

/// A condition on the objects that count.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scope {
    name: String,
    operator: String,
    values: Vec<String>,
}

/// Amounts that every container has to name once a quota limits them.
const NAMED: &[&str] =
    &["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];

impl Rules {
    pub(super) fn read(quota: &Value) -> Self {
        let spec = &quota["spec"];
        let plain = items(spec, "scopes").filter_map(Value::as_str).map(|name| Scope {
            name: name.to_owned(),
            operator: "Exists".to_owned(),
            values: Vec::new(),
        });
        let rules = items(&spec["scopeSelector"], "matchExpressions").map(|rule| Scope {
            name: text(rule, "scopeName").to_owned(),
            operator: text(rule, "operator").to_owned(),
            values: items(rule, "values").filter_map(Value::as_str).map(str::to_owned).collect(),
        });
        Self { hard: amounts(&spec["hard"]), scopes: plain.chain(rules).collect() }
    }

    /// What of a charge this quota counts.
    pub(super) fn counted(&self, charge: &Charge) -> Amounts {
        if !self.matches(charge) {
            return Amounts::new();
        }
        let limited = charge.usage.iter().filter(|(name, _)| self.hard.contains_key(*name));
        limited.map(|(name, amount)| (name.clone(), *amount)).collect()
    }

    fn matches(&self, charge: &Charge) -> bool {
        self.scopes.iter().all(|scope| scope.matches(&charge.subject))
    }

    /// What a pod's containers leave unsaid though it is limited: `cpu for: a,b; memory for: a`.
    pub(super) fn unspecified(&self, charge: &Charge, pod: &Value) -> Option<String> {
        if !matches!(charge.subject, Subject::Pod { .. }) || !self.matches(charge) {
            return None;
        }
        let spec = &pod["spec"];
        let containers = || items(spec, "containers").chain(items(spec, "initContainers"));
        let limited = self.hard.keys().filter(|name| NAMED.contains(&name.as_str()));
        let missing = limited.filter_map(|name| {
            let (side, plain) = match name.split_once('.') {
                Some((side, plain)) => (side, plain),
                None => ("requests", name.as_str()),
            };
            if amount(&spec["resources"][side][plain]).is_some() {
                return None;
            }
            let silent = containers()
                .filter(|container| amount(&container["resources"][side][plain]).is_none());
            let mut silent: Vec<&str> = silent.map(|container| text(container, "name")).collect();
            silent.sort_unstable();
            (!silent.is_empty()).then(|| format!("{name} for: {}", silent.join(",")))
        });
        let missing: Vec<String> = missing.collect();
        (!missing.is_empty()).then(|| missing.join("; "))
    }
}

impl Scope {
    fn matches(&self, subject: &Subject) -> bool {
        match (self.name.as_str(), subject) {
            ("Terminating", Subject::Pod { terminating, .. }) => *terminating,
            ("NotTerminating", Subject::Pod { terminating, .. }) => !terminating,
            ("BestEffort", Subject::Pod { best_effort, .. }) => *best_effort,
            ("NotBestEffort", Subject::Pod { best_effort, .. }) => !best_effort,
            ("CrossNamespacePodAffinity", Subject::Pod { crosses_namespaces, .. }) => {
                *crosses_namespaces
            }
            ("PriorityClass", Subject::Pod { class, .. })
            | ("VolumeAttributesClass", Subject::Claim { class }) => self.compares(class),
            _ => false,
        }
    }

    fn compares(&self, class: &str) -> bool {
        let listed = self.values.iter().any(|value| value == class);
        match self.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "DoesNotExist" => class.is_empty(),
            _ => !class.is_empty(),
        }
    }
}

/// Whether an amount with this name depends on objects of a resource.
pub(super) fn counts(name: &str, resource: &str) -> bool {
    if let Some(counted) = name.strip_prefix("count/") {
        return counted == resource;
    }
    let of_claims = name == "persistentvolumeclaims"
        || name == "requests.storage"
        || name.contains(".storageclass.storage.k8s.io/");
    match resource {
        "persistentvolumeclaims" => of_claims,
        "services" => name == "services" || name.starts_with("services."),
        "pods" => {
            !of_claims
                && (["pods", "cpu", "memory", "ephemeral-storage"].contains(&name)
                    || ["requests.", "limits.", "hugepages-"]
                        .iter()
                        .any(|prefix| name.starts_with(prefix)))
        }
        other => name == other,
    }
}
