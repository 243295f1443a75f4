//! Ports that get in each other's way.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::read::{items, text};

/// Definitions of one port that others are compared with: who repeats a port so often has been told of it.
const MAX_COMPARED: usize = 10;

pub(super) fn of_all(spec: &Value, path: &str, told: &mut Vec<String>) {
    let mut seen: BTreeMap<(i64, &str), Vec<(&Value, String)>> = BTreeMap::new();
    for (container, path) in super::containers(spec, path) {
        for (index, port) in items(container, "ports").enumerate() {
            let path = format!("{path}.ports[{index}]");
            if !text(port, "hostIP").is_empty() && host_port(port) == 0 {
                told.push(format!("{path}: hostIP set without hostPort: {}", shown(port)));
            }
            let others = seen.entry((number(port, "containerPort"), text(port, "protocol")));
            let others = others.or_default();
            for (other, at) in &*others {
                let clash = clash(port, other);
                told.extend(clash.map(|how| format!("{path}: {how} port definition with {at}")));
            }
            if others.len() < MAX_COMPARED {
                others.push((port, path));
            }
        }
    }
}

/// How two definitions of the same port get in each other's way, if they do.
fn clash(one: &Value, other: &Value) -> Option<&'static str> {
    let (ip, other_ip) = (text(one, "hostIP"), text(other, "hostIP"));
    match (host_port(one), host_port(other)) {
        (port, other_port) if ip == other_ip && port == other_port => Some("duplicate"),
        (0, _) | (_, 0) => Some("overlapping"),
        (port, other_port) if port == other_port && ip.is_empty() != other_ip.is_empty() => {
            Some("dangerously ambiguous")
        }
        _ => None,
    }
}

fn host_port(port: &Value) -> i64 {
    number(port, "hostPort")
}

fn number(port: &Value, field: &str) -> i64 {
    port[field].as_i64().unwrap_or(0)
}

/// A port as Go prints it.
fn shown(port: &Value) -> String {
    format!(
        "{{Name:{} HostPort:{} ContainerPort:{} Protocol:{} HostIP:{}}}",
        text(port, "name"),
        host_port(port),
        number(port, "containerPort"),
        text(port, "protocol"),
        text(port, "hostIP")
    )
}
