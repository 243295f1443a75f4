//! The status of the node's object.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    ContainerImage, NodeAddress, NodeCondition, NodeStatus, NodeSystemInfo,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Map, Value, json};

use super::Node;
use super::machine::ARCHITECTURE;
use crate::amounts::Amounts;

/// How many images a node's status names, as Kubernetes has it.
const IMAGES: usize = 50;

/// Conditions with their usual status, reason and message.
const CONDITIONS: [(&str, &str, &str, &str); 4] = [
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
];

/// The status as it is now. Conditions keep the time of their last change.
pub(super) fn render(node: &Node, before: &NodeStatus, now: Timestamp) -> NodeStatus {
    NodeStatus {
        addresses: Some(addresses(node)),
        capacity: Some(quantities(&node.machine.capacity())),
        allocatable: Some(quantities(&node.machine.allocatable())),
        conditions: Some(conditions(before, now)),
        images: Some(images(node)),
        node_info: Some(info(node)),
        ..NodeStatus::default()
    }
}

fn addresses(node: &Node) -> Vec<NodeAddress> {
    let internal = node.addresses.iter().map(|address| NodeAddress {
        type_: "InternalIP".to_owned(),
        address: address.to_string(),
    });
    let name = NodeAddress { type_: "Hostname".to_owned(), address: node.name.clone() };
    internal.chain([name]).collect()
}

/// Amounts as Kubernetes writes them: processor time in cores, memory in bytes by the kibibyte.
fn quantities(amounts: &Amounts) -> BTreeMap<String, Quantity> {
    let text = |name: &str, amount: i64| match name {
        "memory" | "ephemeral-storage" => format!("{}Ki", amount / 1000 / 1024),
        _ => machinery::Quantity::from_milli(amount).to_string(),
    };
    amounts.iter().map(|(name, amount)| (name.clone(), Quantity(text(name, *amount)))).collect()
}

fn conditions(before: &NodeStatus, now: Timestamp) -> Vec<NodeCondition> {
    CONDITIONS
        .iter()
        .map(|(name, status, reason, message)| {
            let old = before.conditions.iter().flatten().find(|one| one.type_ == *name);
            let unchanged = old.filter(|old| old.status == *status);
            NodeCondition {
                type_: (*name).to_owned(),
                status: (*status).to_owned(),
                reason: Some((*reason).to_owned()),
                message: Some((*message).to_owned()),
                last_heartbeat_time: Some(Time(now)),
                last_transition_time: unchanged
                    .and_then(|old| old.last_transition_time.clone())
                    .or(Some(Time(now))),
            }
        })
        .collect()
}

/// The largest images, each by digest and by name.
fn images(node: &Node) -> Vec<ContainerImage> {
    let mut list = node.site.images.list().unwrap_or_default();
    list.sort_by(|one, other| {
        other.size_bytes.cmp(&one.size_bytes).then_with(|| one.name.cmp(&other.name))
    });
    list.into_iter()
        .take(IMAGES)
        .map(|image| ContainerImage {
            names: Some(vec![
                format!("{}@{}", crate::images::repository(&image.name), image.digest),
                image.name,
            ]),
            size_bytes: i64::try_from(image.size_bytes).ok(),
        })
        .collect()
}

fn info(node: &Node) -> NodeSystemInfo {
    let machine = &node.machine;
    NodeSystemInfo {
        architecture: ARCHITECTURE.to_owned(),
        boot_id: machine.boot_id.clone(),
        container_runtime_version: node.runtime_version.clone(),
        kernel_version: machine.kernel.clone(),
        kube_proxy_version: String::new(),
        kubelet_version: node.version.clone(),
        machine_id: machine.id.clone(),
        operating_system: "linux".to_owned(),
        os_image: machine.os.clone(),
        system_uuid: machine.id.clone(),
        swap: None,
    }
}

/// Whether the API has what the node says, but for the time of the last heartbeat and for what others say of the node:
/// their conditions, and resources that they advertise.
pub(super) fn says_the_same(stored: &NodeStatus, own: &NodeStatus) -> bool {
    let quiet = |status: &NodeStatus| {
        let mut status = status.clone();
        status.conditions = status.conditions.map(|conditions| {
            let ours = conditions
                .into_iter()
                .filter(|one| CONDITIONS.iter().any(|(name, ..)| *name == one.type_));
            ours.map(|one| NodeCondition { last_heartbeat_time: None, ..one }).collect()
        });
        // Times go to the API in whole seconds; only a comparison of what is written is fair.
        let mut document = document(&status);
        // The API leaves out a list without items.
        document.retain(|name, value| WRITTEN.contains(&name.as_str()) && *value != json!([]));
        for name in ["capacity", "allocatable"] {
            if let Some(Value::Object(amounts)) = document.get_mut(name) {
                amounts.retain(|resource, _| !resource.contains('/'));
            }
        }
        document
    };
    quiet(stored) == quiet(own)
}

/// The fields that the node writes.
const WRITTEN: [&str; 6] =
    ["addresses", "capacity", "allocatable", "conditions", "images", "nodeInfo"];

/// A strategic merge patch. Conditions merge by type, so that others' stay; addresses would merge by
/// type too, so they replace the old ones as a whole.
pub(super) fn patch(before: &NodeStatus, status: &NodeStatus) -> Value {
    let old = document(before);
    let mut changes = document(status);
    changes.retain(|name, value| name == "conditions" || old.get(name) != Some(value));
    if let Some(Value::Array(addresses)) = changes.get_mut("addresses") {
        addresses.insert(0, json!({"$patch": "replace"}));
    }
    json!({"status": changes})
}

fn document(status: &NodeStatus) -> Map<String, Value> {
    match serde_json::to_value(status) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
