//! The labels by which a job knows its pods, and the selector made of them.

use machinery::{FieldErrors, LabelSelector, document, names};
use serde_json::Value;

use super::defaults::is_empty;
use crate::fill::{default, object, present, set};
use crate::read::text;

const UID_LABELS: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];
const NAME_LABELS: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];

/// Labels the pods of a new job with its identity and selects them by it, unless the writer selects them.
pub(super) fn fill(job: &mut Value) {
    if job["spec"]["manualSelector"] == true {
        return;
    }
    let (name, uid) = (document::name(job).to_owned(), document::uid(job).to_owned());
    let Some(spec) = present(job, "spec") else { return };
    let labels = object(spec, "template")
        .and_then(|template| object(template, "metadata"))
        .and_then(|metadata| object(metadata, "labels"));
    if let Some(labels) = labels {
        for (keys, value) in [(UID_LABELS, &uid), (NAME_LABELS, &name)] {
            for key in keys {
                default(labels, key, value.as_str());
            }
        }
    }
    if let Some(chosen) = object(spec, "selector").and_then(|all| object(all, "matchLabels")) {
        default(chosen, UID_LABELS[0], uid);
    }
    let labels = spec["template"]["metadata"]["labels"].clone();
    if let Some(metadata) = present(job, "metadata")
        && is_empty(&metadata["labels"])
    {
        set(metadata, "labels", labels);
    }
}

/// Checks that a selector that was to be generated is the generated one.
pub(super) fn validate(job: &Value, errors: &FieldErrors) {
    let spec = &job["spec"];
    if spec["manualSelector"] == true || spec["selector"].is_null() {
        return;
    }
    let (name, uid) = (document::name(job), document::uid(job));
    if uid.is_empty() {
        errors.at("metadata").required("uid", "");
    }
    let template = &spec["template"]["metadata"];
    let path = errors.at("spec").at("template").at("metadata");
    for (keys, expected) in [(UID_LABELS, uid), (NAME_LABELS, name)] {
        for key in keys {
            let detail = format!("must be '{expected}'");
            match template["labels"][key].as_str() {
                None => path.at("labels").key(key).required("", &detail),
                Some(found) if found != expected => {
                    path.invalid("labels", template["labels"].clone(), &detail);
                }
                Some(_) => {}
            }
        }
    }
    let own = |key: &str| match key {
        key if UID_LABELS.contains(&key) => Some(uid),
        key if NAME_LABELS.contains(&key) => Some(name),
        _ => None,
    };
    let fits = LabelSelector::from_value(&spec["selector"]).is_ok_and(|s| s.matches_by(own));
    if !fits {
        let value = spec["selector"].clone();
        errors.at("spec").invalid("selector", value, "`selector` not auto-generated");
    }
}

/// The pods of an indexed job have its name and their index as host name.
pub(super) fn validate_name(job: &Value, errors: &FieldErrors) {
    let last = job["spec"]["completions"].as_i64().unwrap_or(1) - 1;
    let host = format!("{}-{}", text(&job["metadata"], "name"), last.max(0));
    if names::dns1123_label(&host).is_some() {
        let name = text(&job["metadata"], "name");
        let detail = format!("will not able to create pod with invalid DNS label: {host}");
        errors.at("metadata").invalid("name", name, &detail);
    }
}
