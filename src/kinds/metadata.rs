//! The rules every object's metadata keeps, whatever its kind.

use std::collections::HashSet;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::Value;

use crate::kind::{Kind, Scope};
use crate::read::{is_unset, items, text};

/// All annotations of an object together, keys and values: as much as a comfortable manifest needs and far less than
/// a request may carry (API conventions).
const MAX_ANNOTATION_BYTES: usize = 256 * 1024;

/// One part of a host name (RFC 1123).
const MAX_LABEL_BYTES: usize = 63;

/// The finalizers that say what a deletion does with dependents; only one of them can hold.
const FINALIZERS_OF_DELETION: [&str; 2] = ["orphan", "foregroundDeletion"];

/// What the objects of a kind may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    /// Labels joined by dots (RFC 1123): most kinds.
    Subdomain,
    /// One label (RFC 1123): namespaces.
    Label,
    /// One label that begins with a letter (RFC 1035): services.
    LetterLabel,
    /// Anything that fits into one part of a path: roles and their bindings.
    PathSegment,
}

impl NameRule {
    /// What is wrong with `name`, if anything.
    pub fn check(self, name: &str) -> Option<String> {
        match self {
            Self::Subdomain => names::dns1123_subdomain(name),
            Self::Label => names::dns1123_label(name),
            Self::LetterLabel => names::dns1035_label(name),
            Self::PathSegment => names::path_segment(name),
        }
    }

    /// What is wrong with `base` as the beginning of a generated name, which may end in a dash.
    fn check_base(self, base: &str) -> Option<String> {
        match base.strip_suffix('-') {
            Some(stem) if !stem.is_empty() => self.check(&format!("{stem}a")),
            _ => self.check(base),
        }
    }
}

/// What keeps a name from being one label, if anything.
pub(crate) fn label_problem(name: &str) -> Option<String> {
    let problem = names::dns1123_label(name)?;
    let only_dots = name.len() <= MAX_LABEL_BYTES && names::dns1123_subdomain(name).is_none();
    Some(if only_dots { "must not contain dots".to_owned() } else { problem })
}

/// Checks the metadata of an object of `kind`.
pub fn validate(kind: &dyn Kind, object: &Value, errors: &FieldErrors) {
    let path = errors.at("metadata");
    let metadata = &object["metadata"];
    validate_name(kind.name_rule(), metadata, &path);
    validate_namespace(kind.scope(), text(metadata, "namespace"), &path);
    if metadata["generation"].as_i64().is_some_and(|generation| generation < 0) {
        path.invalid(
            "generation",
            metadata["generation"].clone(),
            "must be greater than or equal to 0",
        );
    }
    labels(&metadata["labels"], &path.at("labels"));
    annotations(&metadata["annotations"], &path.at("annotations"));
    owners(metadata, &path.at("ownerReferences"));
    finalizers(metadata, &path.at("finalizers"));
    if !takes_any_finalizer(kind) {
        known_finalizers(metadata, &path.at("finalizers"));
    }
}

/// Kinds whose finalizers need not be qualified: custom resources, and those that say what is served or admitted.
fn takes_any_finalizer(kind: &dyn Kind) -> bool {
    let group = kind.names().group.as_ref();
    let about_the_api =
        ["apiextensions.k8s.io", "apiregistration.k8s.io", "admissionregistration.k8s.io"];
    kind.structural().is_some() || about_the_api.contains(&group)
}

/// A finalizer is qualified by who clears it, or it is one of Kubernetes' own.
fn known_finalizers(metadata: &Value, path: &FieldPath<'_>) {
    for (index, name) in items(metadata, "finalizers").filter_map(Value::as_str).enumerate() {
        if !name.contains('/') && !is_standard_finalizer(name) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            path.index(index).invalid("", name, detail);
        }
    }
}

fn validate_name(rule: NameRule, metadata: &Value, path: &FieldPath<'_>) {
    let (name, base) = (text(metadata, "name"), text(metadata, "generateName"));
    if !base.is_empty() {
        path.check("generateName", base, rule.check_base(base));
    }
    if name.is_empty() {
        path.required("name", "name or generateName is required");
    } else {
        path.check("name", name, rule.check(name));
    }
}

fn validate_namespace(scope: Scope, namespace: &str, path: &FieldPath<'_>) {
    match scope {
        Scope::Namespaced if namespace.is_empty() => path.required("namespace", ""),
        Scope::Namespaced => path.check("namespace", namespace, names::dns1123_label(namespace)),
        Scope::Cluster if !namespace.is_empty() => {
            path.forbidden("namespace", "not allowed on this type");
        }
        Scope::Cluster => {}
    }
}

/// Checks a map of labels.
pub fn labels(labels: &Value, path: &FieldPath<'_>) {
    for (key, value) in labels.as_object().into_iter().flatten() {
        path.check("", key, names::qualified_name(key));
        let value = value.as_str().unwrap_or_default();
        path.check("", value, names::label_value(value));
    }
}

/// Checks a map of annotations.
pub(crate) fn annotations(annotations: &Value, path: &FieldPath<'_>) {
    let mut bytes = 0;
    for (key, value) in annotations.as_object().into_iter().flatten() {
        path.check("", key, names::qualified_name(&key.to_lowercase()));
        bytes += key.len() + value.as_str().unwrap_or_default().len();
    }
    if bytes > MAX_ANNOTATION_BYTES {
        path.too_long("", MAX_ANNOTATION_BYTES);
    }
}

fn owners(metadata: &Value, path: &FieldPath<'_>) {
    let mut controller: Option<&Value> = None;
    for (index, owner) in items(metadata, "ownerReferences").enumerate() {
        let item = path.index(index);
        let version = text(owner, "apiVersion").rsplit('/').next().unwrap_or_default();
        if version.is_empty() {
            item.invalid("apiVersion", text(owner, "apiVersion"), "version must not be empty");
        }
        for field in ["kind", "name", "uid"] {
            if text(owner, field).is_empty() {
                item.invalid(field, text(owner, field), "must not be empty");
            }
        }
        if owner["controller"] == true {
            if let Some(first) = controller {
                let detail = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
                    owner_text(first),
                    owner_text(owner)
                );
                path.invalid("", metadata["ownerReferences"].clone(), &detail);
            }
            controller = Some(owner);
        }
    }
}

fn owner_text(owner: &Value) -> String {
    format!("{}/{}", text(owner, "kind"), text(owner, "name"))
}

fn finalizers(metadata: &Value, path: &FieldPath<'_>) {
    let names: Vec<&str> = items(metadata, "finalizers").filter_map(Value::as_str).collect();
    for name in &names {
        path.check("", name, names::qualified_name(name));
    }
    if FINALIZERS_OF_DELETION.iter().all(|finalizer| names.contains(finalizer)) {
        path.invalid(
            "",
            metadata["finalizers"].clone(),
            "finalizer orphan and finalizer foregroundDeletion cannot be both set",
        );
    }
}

/// Checks what may not change in the metadata of an object.
pub fn validate_update(new: &Value, old: &Value, errors: &FieldErrors) {
    let path = errors.at("metadata");
    let (new, old) = (&new["metadata"], &old["metadata"]);
    let kept = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp"];
    for field in kept.into_iter().chain(["deletionGracePeriodSeconds"]) {
        path.immutable(field, new.get(field), old.get(field));
    }
    if new["generation"].as_i64() < old["generation"].as_i64() {
        path.invalid("generation", new["generation"].clone(), "must not be decremented");
    }
    if !is_unset(&new["deletionTimestamp"]) {
        no_new_finalizers(new, old, &path);
    }
}

fn no_new_finalizers(new: &Value, old: &Value, path: &FieldPath<'_>) {
    let known: HashSet<&Value> = items(old, "finalizers").collect();
    let added: Vec<String> = items(new, "finalizers")
        .filter(|finalizer| !known.contains(*finalizer))
        .map(ToString::to_string)
        .collect();
    if !added.is_empty() {
        let detail = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            added.join(", ")
        );
        path.forbidden("finalizers", &detail);
    }
}

/// What should be told to who adds finalizers to what was `old`.
pub(crate) fn finalizer_warnings(new: &Value, old: &Value) -> Vec<String> {
    let known: HashSet<&Value> = items(&old["metadata"], "finalizers").collect();
    items(&new["metadata"], "finalizers")
        .filter(|finalizer| !known.contains(*finalizer))
        .filter_map(Value::as_str)
        .filter(|name| !name.contains('/') && !is_standard_finalizer(name))
        .map(|name| {
            format!(
                "metadata.finalizers: {name:?}: prefer a domain-qualified finalizer name including a path (/) to \
                 avoid accidental conflicts with other finalizer writers"
            )
        })
        .collect()
}

fn is_standard_finalizer(name: &str) -> bool {
    name == "kubernetes" || FINALIZERS_OF_DELETION.contains(&name)
}

#[cfg(test)]
mod tests;
