//! How a node shows itself in a table.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::column::{Column, NONE, UNKNOWN};
use crate::read::{items, text};

const ROLE_PREFIX: &str = "node-role.kubernetes.io/";
const ROLE_LABEL: &str = "kubernetes.io/role";

pub(super) static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Status", "Whether it is ready and takes pods.", |node, _| status(node).into()),
    Column::text("Roles", "What it is for, by its labels.", |node, _| roles(node).into()),
    Column::AGE,
    Column::text("Version", "The version its kubelet reports.", |node, _| {
        text(&node["status"]["nodeInfo"], "kubeletVersion").into()
    }),
    Column::wide("Internal-IP", "Its address inside the cluster.", |node, _| {
        address(node, "InternalIP").into()
    }),
    Column::wide("External-IP", "Its address outside the cluster.", |node, _| {
        address(node, "ExternalIP").into()
    }),
    Column::wide("OS-Image", "The operating system it reports.", |node, _| info(node, "osImage")),
    Column::wide("Kernel-Version", "The kernel it reports.", |node, _| info(node, "kernelVersion")),
    Column::wide("Container-Runtime", "What runs its containers.", |node, _| {
        info(node, "containerRuntimeVersion")
    }),
];

fn status(node: &Value) -> String {
    let ready = items(&node["status"], "conditions").find(|one| text(one, "type") == "Ready");
    let mut status = match ready {
        Some(condition) if text(condition, "status") == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if node["spec"]["unschedulable"] == true {
        status.push_str(",SchedulingDisabled");
    }
    status
}

fn roles(node: &Value) -> String {
    let labels = node["metadata"]["labels"].as_object().into_iter().flatten();
    let roles: BTreeSet<&str> = labels
        .filter_map(|(key, value)| match key.strip_prefix(ROLE_PREFIX) {
            None if key == ROLE_LABEL => value.as_str(),
            role => role,
        })
        .filter(|role| !role.is_empty())
        .collect();
    if roles.is_empty() {
        return NONE.to_owned();
    }
    roles.into_iter().collect::<Vec<_>>().join(",")
}

fn address<'a>(node: &'a Value, kind: &str) -> &'a str {
    items(&node["status"], "addresses")
        .find(|address| text(address, "type") == kind)
        .map_or(NONE, |address| text(address, "address"))
}

fn info(node: &Value, field: &str) -> Value {
    match text(&node["status"]["nodeInfo"], field) {
        "" => UNKNOWN.into(),
        value => value.into(),
    }
}
