//! What pods may not share with their node.

use serde_json::Value;

use super::Violation;
use crate::admission::pod_security::policy::Version;
use crate::admission::pod_security::subject::{Subject, containers, plural, quoted_set};
use crate::admission::read::{items, text};

pub(super) fn namespaces(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let shared = ["hostNetwork", "hostPID", "hostIPC"];
    let shared = shared.iter().filter(|field| subject.spec[**field] == true);
    let shared: Vec<String> = shared.map(|field| format!("{field}=true")).collect();
    (!shared.is_empty()).then(|| ("host namespaces".to_owned(), shared.join(", ")))
}

pub(super) fn ports(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let names = subject.containers_that(|container| host_ports(container).next().is_some());
    if names.is_empty() {
        return None;
    }
    let mut ports: Vec<i64> =
        subject.containers.iter().flat_map(|container| host_ports(container)).collect();
    ports.sort_unstable();
    ports.dedup();
    let uses = if names.len() == 1 { "uses" } else { "use" };
    let listed: Vec<String> = ports.iter().map(i64::to_string).collect();
    let detail = format!(
        "{} {uses} {} {}",
        containers(&names),
        plural("hostPort", ports.len()),
        listed.join(", ")
    );
    Some(("hostPort".to_owned(), detail))
}

fn host_ports(container: &Value) -> impl Iterator<Item = i64> {
    items(container, "ports").filter_map(|port| port["hostPort"].as_i64().filter(|port| *port != 0))
}

/// Probes and hooks must not reach for other hosts (KEP-4940).
pub(super) fn probes(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let names = subject.containers_that(|container| !hosts(container).is_empty());
    let hosts = subject.containers.iter().flat_map(|container| hosts(container));
    (!names.is_empty()).then(|| {
        let detail = format!(
            "{} must not set probe or lifecycle host to {}",
            containers(&names),
            quoted_set(hosts)
        );
        ("probe or lifecycle host".to_owned(), detail)
    })
}

fn hosts(container: &Value) -> Vec<&str> {
    let probes = ["livenessProbe", "readinessProbe", "startupProbe"];
    let hooks = ["postStart", "preStop"].map(|hook| &container["lifecycle"][hook]);
    let handlers = probes.iter().map(|probe| &container[*probe]).chain(hooks);
    let found = handlers
        .flat_map(|handler| ["httpGet", "tcpSocket"].map(|action| text(&handler[action], "host")));
    found.filter(|host| !matches!(*host, "" | "127.0.0.1" | "::1")).collect()
}
