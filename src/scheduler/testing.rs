//! Nodes and pods in a few words, for tests.
//!
//! `a cpu=2 memory=4Gi disk=ssd! k=v:NoSchedule` is a node with a label (`!`) and a taint (`:`);
//! `p cpu=500m port=80 disk=ssd! k=v:NoSchedule` a pod with a request, a host port, a node selector and a toleration.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::{Map, Value, json};

use crate::cluster::Cluster;
use crate::demand::Demand;

/// What a text says, sorted by what it means.
#[derive(Debug, Default)]
struct Words {
    name: String,
    amounts: Map<String, Value>,
    labels: Map<String, Value>,
    taints: Vec<(String, String, String)>,
    flags: Vec<String>,
}

fn words(text: &str) -> Words {
    let mut words = Words::default();
    let mut parts = text.split_whitespace();
    words.name = parts.next().unwrap().to_owned();
    for part in parts {
        let Some((key, value)) = part.split_once('=') else {
            words.flags.push(part.to_owned());
            continue;
        };
        if let Some(label) = value.strip_suffix('!') {
            words.labels.insert(key.to_owned(), json!(label));
        } else if let Some((value, effect)) = value.split_once(':') {
            words.taints.push((key.to_owned(), value.to_owned(), effect.to_owned()));
        } else {
            words.amounts.insert(key.to_owned(), json!(value));
        }
    }
    words
}

/// A node; it has room for 110 pods unless it says otherwise.
pub(crate) fn node(text: &str) -> Arc<Node> {
    let mut words = words(text);
    words.amounts.entry("pods").or_insert(json!("110"));
    let taints: Vec<_> = words
        .taints
        .iter()
        .map(|(key, value, effect)| json!({"key": key, "value": value, "effect": effect}))
        .collect();
    read(json!({
        "metadata": {"name": words.name, "labels": words.labels},
        "spec": {"taints": taints, "unschedulable": words.flags.contains(&"cordoned".to_owned())},
        "status": {"allocatable": words.amounts},
    }))
}

/// A pod with one container; its name is also its uid.
pub(crate) fn pod(text: &str) -> Arc<Pod> {
    let mut words = words(text);
    let port = words.amounts.remove("port").map(|port| port.as_str().unwrap().parse().unwrap());
    let ports: Vec<_> = port
        .map(|port: i32| json!({"containerPort": port, "hostPort": port}))
        .into_iter()
        .collect();
    let priority = words.amounts.remove("priority");
    let priority: Option<i32> = priority.map(|text| text.as_str().unwrap().parse().unwrap());
    let tolerations: Vec<_> = words
        .taints
        .iter()
        .map(|(key, value, effect)| json!({"key": key, "value": value, "effect": effect}))
        .collect();
    read(json!({
        "metadata": {"name": words.name, "namespace": "default", "uid": words.name},
        "spec": {
            "containers": [{"name": "c", "resources": {"requests": words.amounts}, "ports": ports}],
            "nodeSelector": words.labels,
            "tolerations": tolerations,
            "priority": priority,
        },
    }))
}

/// A pod with parts of its spec given outright.
pub(crate) fn pod_with(text: &str, spec: Value) -> Arc<Pod> {
    let mut document = serde_json::to_value(pod(text).as_ref()).unwrap();
    let Value::Object(parts) = spec else { panic!("a spec is an object") };
    document["spec"].as_object_mut().unwrap().extend(parts);
    read(document)
}

/// The pod on a node.
pub(crate) fn on(node: &str, pod: &Arc<Pod>) -> Arc<Pod> {
    let mut pod = pod.as_ref().clone();
    pod.spec.as_mut().unwrap().node_name = Some(node.to_owned());
    Arc::new(pod)
}

pub(crate) fn demand(pod: Arc<Pod>) -> Arc<Demand> {
    Arc::new(Demand::of(pod))
}

/// Nodes, one per line, each with the pods on it after `|`.
pub(crate) fn cluster(text: &str) -> Cluster {
    let mut cluster = Cluster::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut parts = line.split('|');
        let node = node(parts.next().unwrap());
        let name = node.metadata.name.clone().unwrap();
        cluster.set_node(node);
        for text in parts {
            let mut pod = pod(text).as_ref().clone();
            // Pods of the same name on other nodes are others.
            pod.metadata.namespace = Some(name.clone());
            cluster.set_pod(&name, demand(Arc::new(pod)));
        }
    }
    cluster
}

fn read<T: serde::de::DeserializeOwned>(document: Value) -> Arc<T> {
    Arc::new(serde_json::from_value(document).unwrap())
}
