//! `StatefulSet`: pods with names and volumes of their own, in order.

use std::collections::BTreeSet;

use machinery::{FieldErrors, FieldPath, names};
use serde_json::{Value, json};

use crate::choice::one_of;
use crate::column::Column;
use crate::core::PersistentVolumeClaim;
use crate::core::persistent_volume_claim::warn_of_fractions;
use crate::core::pod::template;
use crate::fill::{copy, default, items_mut, object, present, set};
use crate::kind::{Kind, content_changes};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::scale::ScalePaths;
use crate::subresource::Subresource;
use crate::{metadata, number, selector, share, tally};

/// Pods with names and volumes of their own, in order.
#[derive(Debug)]
pub(crate) struct StatefulSet;

static NAMES: Names = BuiltIn {
    group: "apps",
    version: "v1",
    kind: "StatefulSet",
    plural: "statefulsets",
    singular: "statefulset",
    short: &["sts"],
    categories: &["all"],
}
.names();

/// Old revisions that are kept for rollbacks.
const REVISION_HISTORY: i64 = 10;

const ALL_REVISIONS: &str = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value \
    >= 0 is recommended";

/// What may change in the spec.
const MUTABLE: &[&str] = &[
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

const IMMUTABLE: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
    'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are \
    forbidden";

static SUBRESOURCES: &[Subresource] =
    &[Subresource::Status, Subresource::Scale(ScalePaths::WORKLOAD)];

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Ready", "Pods that are ready, of those wanted.", |set, _| {
        let ready = set["status"]["readyReplicas"].as_i64().unwrap_or(0);
        let wanted = set["spec"]["replicas"].as_i64().unwrap_or(0);
        format!("{ready}/{wanted}").into()
    }),
    Column::AGE,
    template::CONTAINERS,
    template::IMAGES,
];

impl Kind for StatefulSet {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.apps.v1.StatefulSet"
    }

    fn subresources(&self) -> &[Subresource] {
        SUBRESOURCES
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, set: &mut Value) {
        if let Some(spec) = present(set, "spec") {
            default(spec, "replicas", 1);
            default(spec, "podManagementPolicy", "OrderedReady");
            default(spec, "revisionHistoryLimit", REVISION_HISTORY);
            fill_strategy(spec);
            if let Some(policy) = object(spec, "persistentVolumeClaimRetentionPolicy") {
                default(policy, "whenDeleted", "Retain");
                default(policy, "whenScaled", "Retain");
            }
            for claim in items_mut(spec, "volumeClaimTemplates") {
                set_type_of_claim(claim);
                PersistentVolumeClaim.set_defaults(claim);
                if claim.is_object() {
                    crate::fill::set(claim, "status", json!({ "phase": "Pending" }));
                }
            }
        }
        template::set_defaults(set);
    }

    fn prepare_create(&self, set: &mut Value) {
        crate::fill::set(set, "status", json!({ "availableReplicas": 0, "replicas": 0 }));
    }

    fn warnings(&self, workload: &Value) -> Vec<String> {
        let mut told = template::warnings(workload);
        if workload["spec"]["revisionHistoryLimit"].as_i64().is_some_and(|limit| limit < 0) {
            told.push(ALL_REVISIONS.to_owned());
        }
        for (index, claim) in items(&workload["spec"], "volumeClaimTemplates").enumerate() {
            let path = format!("spec.volumeClaimTemplates[{index}]");
            warn_of_fractions(&claim["spec"], &path, &mut told);
        }
        told
    }

    /// A later write only repeats both names, which cannot be mended any more.
    fn validate_create(&self, set: &Value, errors: &FieldErrors) {
        let service = text(&set["spec"], "serviceName");
        if !service.is_empty() {
            errors.at("spec").check("serviceName", service, names::dns1123_subdomain(service));
        }
        let name = text(&set["metadata"], "name");
        if names::dns1123_subdomain(name).is_none() {
            errors.at("metadata").check("name", name, metadata::label_problem(name));
        }
    }

    fn validate(&self, set: &Value, errors: &FieldErrors) {
        validate(set, &Value::Null, errors);
    }

    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        if content_changes(new, old) {
            validate(new, old, errors);
        }
        self.validate_update(new, old, errors);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let (mut new, old) = (new["spec"].clone(), &old["spec"]);
        for field in MUTABLE {
            copy(&mut new, field, old);
        }
        if new != *old {
            errors.root().forbidden("spec", IMMUTABLE);
        }
    }

    fn validate_status_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let counts = [
            "replicas",
            "readyReplicas",
            "currentReplicas",
            "updatedReplicas",
            "availableReplicas",
            "observedGeneration",
            "collisionCount",
        ];
        tally::validate(new, &counts, &counts[1..5], errors);
        tally::validate_available(new, "status.readyReplicas", errors);
        tally::validate_collisions(new, old, errors);
    }
}

/// Checks a workload; the template that an old one has already is bearable.
fn validate(set: &Value, old: &Value, errors: &FieldErrors) {
    let (spec, path) = (&set["spec"], errors.at("spec"));
    let policy = text(spec, "podManagementPolicy");
    match policy {
        "" => path.required("podManagementPolicy", ""),
        "OrderedReady" | "Parallel" => {}
        _ => {
            path.invalid("podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'");
        }
    }
    validate_strategy(&spec["updateStrategy"], &path.at("updateStrategy"));
    let retention = &spec["persistentVolumeClaimRetentionPolicy"];
    for field in ["whenDeleted", "whenScaled"] {
        let path = path.at("persistentVolumeClaimRetentionPolicy");
        one_of(retention, field, &["Delete", "Retain"], &path);
    }
    number::not_negative(spec, &["replicas", "minReadySeconds"], &path);
    number::not_negative(&spec["ordinals"], &["start"], &path.at("ordinals"));
    selector::validate_of_workload(spec, "statefulset", &path);
    if template::changes(spec, old) {
        let path = path.at("template");
        template::validate_of_lasting_workload(&with_claims(spec), "StatefulSet", &path);
    }
}

/// Who names the strategy without its numbers gets none: only a strategy left open is filled in.
fn fill_strategy(spec: &mut Value) {
    let Some(strategy) = object(spec, "updateStrategy") else { return };
    if text(strategy, "type").is_empty() {
        set(strategy, "type", "RollingUpdate");
        object(strategy, "rollingUpdate");
    }
    if text(strategy, "type") == "RollingUpdate"
        && let Some(rolling) = present(strategy, "rollingUpdate")
    {
        default(rolling, "partition", 0);
    }
}

fn set_type_of_claim(claim: &mut Value) {
    if claim.is_object() {
        default(claim, "apiVersion", "v1");
        default(claim, "kind", "PersistentVolumeClaim");
    }
}

/// The template with a volume for each claim that will be made: its containers may mount those too.
fn with_claims(spec: &Value) -> Value {
    let mut template = spec["template"].clone();
    let claims: Vec<&str> = items(spec, "volumeClaimTemplates")
        .map(|claim| text(&claim["metadata"], "name"))
        .filter(|name| !name.is_empty())
        .collect();
    let Some(pod) = present(&mut template, "spec") else { return template };
    let mut volumes: Vec<Value> = items(pod, "volumes").cloned().collect();
    let mut named: BTreeSet<&str> =
        items(&spec["template"]["spec"], "volumes").map(|volume| text(volume, "name")).collect();
    for name in claims {
        if named.insert(name) {
            volumes.push(json!({ "name": name, "persistentVolumeClaim": { "claimName": name } }));
        }
    }
    if !volumes.is_empty() {
        set(pod, "volumes", volumes);
    }
    template
}

fn validate_strategy(strategy: &Value, path: &FieldPath<'_>) {
    let rolling = &strategy["rollingUpdate"];
    match text(strategy, "type") {
        "" => path.required("", ""),
        "OnDelete" if !rolling.is_null() => {
            let detail = "only allowed for updateStrategy 'RollingUpdate'";
            path.invalid("rollingUpdate", rolling.clone(), detail);
        }
        "OnDelete" => {}
        "RollingUpdate" => {
            let path = path.at("rollingUpdate");
            number::not_negative(rolling, &["partition"], &path);
            let field = "maxUnavailable";
            share::validate(&rolling[field], field, &path);
            share::validate_at_most_all(&rolling[field], field, &path);
            if !rolling[field].is_null() && share::number(&rolling[field]) == 0 {
                path.invalid(field, rolling[field].clone(), "cannot be 0");
            }
        }
        _ => path.invalid("", strategy.clone(), "must be 'RollingUpdate' or 'OnDelete'"),
    }
}

#[cfg(test)]
mod tests;
