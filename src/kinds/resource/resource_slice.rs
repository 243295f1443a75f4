//! `ResourceSlice`: devices that a driver has to give.

use std::collections::BTreeSet;

use machinery::document::scalar_at;
use machinery::{FieldErrors, FieldPath, names};
use serde_json::Value;

use crate::column::Column;
use crate::core::pod::scheduling;
use crate::kind::{DeletionAnswer, FieldLabel, Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::{items, text};
use crate::{amount, number};

/// Devices that a driver has to give.
#[derive(Debug)]
pub(crate) struct ResourceSlice;

static NAMES: Names = BuiltIn {
    group: "resource.k8s.io",
    version: "v1",
    kind: "ResourceSlice",
    plural: "resourceslices",
    singular: "resourceslice",
    short: &[],
    categories: &[],
}
.names();

/// What a slice may say about where its devices are; exactly one of these.
const PLACES: [&str; 4] = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"];

/// A slice has to fit into one value of the store.
const MAX_DEVICES: usize = 128;

static SELECTABLE: &[FieldLabel] = &[
    FieldLabel::new("spec.driver", |slice| scalar_at(slice, "/spec/driver")),
    FieldLabel::new("spec.nodeName", |slice| scalar_at(slice, "/spec/nodeName")),
];

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Node", "The node the devices are on.", |slice, _| {
        text(&slice["spec"], "nodeName").into()
    }),
    Column::text("Driver", "Who gives them.", |slice, _| text(&slice["spec"], "driver").into()),
    Column::text("Pool", "The pool they are in.", |slice, _| {
        text(&slice["spec"]["pool"], "name").into()
    }),
    Column::AGE,
];

impl Kind for ResourceSlice {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.resource.v1.ResourceSlice"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn selectable(&self) -> &[FieldLabel] {
        SELECTABLE
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn generation(&self) -> bool {
        true
    }

    fn validate(&self, slice: &Value, errors: &FieldErrors) {
        let (spec, path) = (&slice["spec"], errors.at("spec"));
        for (field, name) in
            [("driver", text(spec, "driver")), ("nodeName", text(spec, "nodeName"))]
        {
            match name {
                "" if field == "driver" => path.required(field, ""),
                "" => {}
                _ => path.check(field, name, names::dns1123_subdomain(name)),
            }
        }
        validate_pool(&spec["pool"], &path.at("pool"));
        validate_place(spec, &path);
        if !spec["nodeSelector"].is_null() {
            scheduling::validate_node_selector(&spec["nodeSelector"], &path.at("nodeSelector"));
        }
        validate_devices(spec, &path);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let path = errors.at("spec");
        let (new, old) = (&new["spec"], &old["spec"]);
        for field in ["driver", "nodeName"] {
            path.immutable(field, new.get(field), old.get(field));
        }
        let (new, old) = (&new["pool"], &old["pool"]);
        path.at("pool").immutable("name", new.get("name"), old.get("name"));
    }
}

fn validate_pool(pool: &Value, path: &FieldPath<'_>) {
    match text(pool, "name") {
        "" => path.required("name", ""),
        name => {
            let problem = name.split('/').find_map(names::dns1123_subdomain);
            path.check("name", name, problem);
        }
    }
    let count = pool["resourceSliceCount"].as_i64().unwrap_or(0);
    if count <= 0 {
        path.invalid("resourceSliceCount", count, "must be greater than zero");
    }
    number::not_negative(pool, &["generation"], path);
}

fn validate_place(spec: &Value, path: &FieldPath<'_>) {
    let said = |field: &&&str| match &spec[**field] {
        Value::Null | Value::Bool(false) => false,
        Value::String(name) => !name.is_empty(),
        _ => true,
    };
    let shown = PLACES.map(|field| format!("`{field}`")).join(", ");
    match PLACES.iter().filter(said).count() {
        0 => path.required("", &format!("exactly one of {shown} is required")),
        1 => {}
        _ => {
            let detail = format!("exactly one of {shown} is required, but multiple fields are set");
            path.invalid("", spec.clone(), &detail);
        }
    }
}

fn validate_devices(spec: &Value, path: &FieldPath<'_>) {
    let count = items(spec, "devices").count();
    if count > MAX_DEVICES {
        path.too_many("devices", count, MAX_DEVICES);
    }
    let mut seen = BTreeSet::new();
    for (index, device) in items(spec, "devices").enumerate() {
        let path = path.at("devices").index(index);
        match text(device, "name") {
            "" => path.required("name", ""),
            name if !seen.insert(name) => path.duplicate("name", name),
            name => path.check("name", name, names::dns1123_label(name)),
        }
        for (name, capacity) in device["capacity"].as_object().into_iter().flatten() {
            amount::validate(&capacity["value"], &path.at("capacity").key(name).at("value"));
        }
    }
}

#[cfg(test)]
mod tests;
