//! How a service shows itself in a table.

use serde_json::Value;

use crate::column::{Column, NONE};
use crate::read::{items, text};
use crate::scale::labels_text;

pub(super) static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Type", "Who can reach it.", |service, _| text(&service["spec"], "type").into()),
    Column::text("Cluster-IP", "Its address inside the cluster.", |service, _| {
        let spec = &service["spec"];
        let first = spec["clusterIPs"][0].as_str().or(spec["clusterIP"].as_str());
        first.filter(|address| !address.is_empty()).unwrap_or(NONE).into()
    }),
    Column::text("External-IP", "Its addresses outside the cluster.", |service, _| {
        outside(service).into()
    }),
    Column::text("Port(s)", "Its ports, with those of the nodes.", |service, _| {
        ports(&service["spec"]).into()
    }),
    Column::AGE,
    Column::wide("Selector", "Labels of the pods behind it.", |service, _| {
        match labels_text(&service["spec"]["selector"]) {
            empty if empty.is_empty() => NONE.into(),
            labels => labels.into(),
        }
    }),
];

fn outside(service: &Value) -> String {
    let spec = &service["spec"];
    let own = items(spec, "externalIPs").filter_map(Value::as_str);
    let addresses = match text(spec, "type") {
        "ExternalName" => return text(spec, "externalName").to_owned(),
        "LoadBalancer" => {
            let ingress = items(&service["status"]["loadBalancer"], "ingress").map(|point| {
                match text(point, "ip") {
                    "" => text(point, "hostname"),
                    address => address,
                }
            });
            let all: Vec<&str> = ingress.chain(own).collect();
            if all.is_empty() {
                return "<pending>".to_owned();
            }
            all
        }
        _ => own.collect(),
    };
    if addresses.is_empty() { NONE.to_owned() } else { addresses.join(",") }
}

fn ports(spec: &Value) -> String {
    let ports = items(spec, "ports").map(|port| {
        let (number, protocol) = (port["port"].as_i64().unwrap_or(0), text(port, "protocol"));
        match port["nodePort"].as_i64().unwrap_or(0) {
            0 => format!("{number}/{protocol}"),
            node_port => format!("{number}:{node_port}/{protocol}"),
        }
    });
    match ports.collect::<Vec<_>>().join(",") {
        empty if empty.is_empty() => NONE.to_owned(),
        ports => ports,
    }
}
