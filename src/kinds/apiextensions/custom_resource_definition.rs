//! `CustomResourceDefinition`: a kind that is made at run time.

mod conversion;
mod given_names;
mod schema;
mod version;

use machinery::{FieldErrors, names};
use serde_json::{Value, json};

use crate::choice::one_of;
use crate::column::Column;
use crate::condition;
use crate::fill::{copy, default, present, set};
use crate::kind::{Kind, Scope, content_changes};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::subresource::Subresource;

use schema::Known;

/// A kind that is made at run time.
#[derive(Debug)]
pub(crate) struct CustomResourceDefinition;

static NAMES: Names = BuiltIn {
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    singular: "customresourcedefinition",
    short: &["crd", "crds"],
    categories: &["api-extensions"],
}
.names();

/// Where a service that converts listens, unless the definition says otherwise.
const WEBHOOK_PORT: i64 = 443;

/// Holds a definition until its objects are gone.
pub const CLEANUP_FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Without it, groups of the Kubernetes project itself are not to be taken (KEP-1111).
const APPROVAL: &str = "api-approved.kubernetes.io";

impl Kind for CustomResourceDefinition {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        Column::NAME_AND_DATE
    }

    fn generation(&self) -> bool {
        true
    }

    fn unconditional_update(&self) -> bool {
        false
    }

    fn set_defaults(&self, definition: &mut Value) {
        let Some(spec) = present(definition, "spec") else { return };
        if let Some(names) = present(spec, "names") {
            let kind = text(names, "kind").to_owned();
            if !kind.is_empty() {
                default(names, "singular", kind.to_lowercase());
                default(names, "listKind", format!("{kind}List"));
            }
        }
        if spec["conversion"].is_null() {
            set(spec, "conversion", json!({ "strategy": "None" }));
        }
        if let Some(conversion) = present(spec, "conversion") {
            let service = present(conversion, "webhook")
                .and_then(|webhook| present(webhook, "clientConfig"))
                .and_then(|client| present(client, "service"));
            if let Some(service) = service {
                default(service, "port", WEBHOOK_PORT);
            }
        }
    }

    fn prepare_create(&self, definition: &mut Value) {
        let status = json!({
            "acceptedNames": { "kind": "", "plural": "" },
            "conditions": [],
            "storedVersions": [],
        });
        set(definition, "status", status);
        version::note_stored(definition);
    }

    fn prepare_update(&self, new: &mut Value, old: &Value) {
        copy(new, "status", old);
        version::note_stored(new);
    }

    fn prepare_delete(&self, definition: &mut Value) {
        if definition["metadata"]["deletionTimestamp"].is_null() {
            let mut finalizers: Vec<Value> =
                items(&definition["metadata"], "finalizers").cloned().collect();
            if finalizers.iter().all(|own| own != CLEANUP_FINALIZER) {
                finalizers.push(CLEANUP_FINALIZER.into());
            }
            set(&mut definition["metadata"], "finalizers", finalizers);
        }
    }

    fn status_goes_alone(&self) -> bool {
        true
    }

    fn validate(&self, definition: &Value, errors: &FieldErrors) {
        validate(definition, &Known::default(), errors);
    }

    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if content_changes(new, old) || approval(new) != approval(old) {
            validate(new, &Known::of(old), errors);
        }
        self.validate_update(new, old, errors);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let path = errors.at("spec");
        let (new_spec, old_spec) = (&new["spec"], &old["spec"]);
        path.immutable("group", new_spec.get("group"), old_spec.get("group"));
        if condition::holds(old, "Established") {
            path.immutable("scope", new_spec.get("scope"), old_spec.get("scope"));
            let (new, old) = (&new_spec["names"], &old_spec["names"]);
            for field in ["kind", "plural"] {
                path.at("names").immutable(field, new.get(field), old.get(field));
            }
        }
        version::validate_stored(new, &errors.at("status").at("storedVersions"));
    }

    fn validate_status(&self, definition: &Value, errors: &FieldErrors) {
        version::validate_stored(definition, &errors.at("status").at("storedVersions"));
    }
}

/// Checks a definition, of which some expressions are known.
fn validate(definition: &Value, known: &Known<'_>, errors: &FieldErrors) {
    let (spec, path) = (&definition["spec"], errors.at("spec"));
    let (group, plural) = (text(spec, "group"), text(&spec["names"], "plural"));
    let name = text(&definition["metadata"], "name");
    if name != format!("{plural}.{group}") {
        let detail = "must be spec.names.plural+\".\"+spec.group";
        errors.at("metadata").invalid("name", name, detail);
    }
    validate_group(definition, errors);
    one_of(spec, "scope", &["Cluster", "Namespaced"], &path);
    if spec["preserveUnknownFields"] == true {
        let detail = "must be false in order to use defaults in the schema";
        path.invalid("preserveUnknownFields", true, detail);
    }
    given_names::validate(&spec["names"], &path.at("names"));
    version::validate_all(spec, known, &path);
    conversion::validate(&spec["conversion"], &path.at("conversion"));
}

/// Where it was agreed that a definition may be of one of Kubernetes' own groups.
fn approval(definition: &Value) -> &str {
    definition["metadata"]["annotations"][APPROVAL].as_str().unwrap_or_default()
}

fn validate_group(definition: &Value, errors: &FieldErrors) {
    let group = text(&definition["spec"], "group");
    let path = errors.at("spec");
    if group.is_empty() {
        path.required("group", "");
    } else if let Some(problem) = names::dns1123_subdomain(group) {
        path.invalid("group", group, &problem);
    } else if !group.contains('.') {
        path.invalid("group", group, "should be a domain with at least one dot");
    }
    let protected = ["k8s.io", "kubernetes.io"]
        .iter()
        .any(|domain| group == *domain || group.ends_with(&format!(".{domain}")));
    if protected && approval(definition).is_empty() {
        let detail = format!(
            "protected groups must have approval annotation {APPROVAL:?}, see \
             https://github.com/kubernetes/enhancements/pull/1111"
        );
        errors.at("metadata").at("annotations").key(APPROVAL).required("", &detail);
    }
}

#[cfg(test)]
mod tests;
