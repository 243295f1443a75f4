//! Whether another API server can be reached, as the condition `Available` says it.

use jiff::Timestamp;
use kinds::set_condition;
use serde_json::Value;

use super::route::Service;
use crate::catalog::Catalog;
use crate::outgoing::{endpoints, slices};

/// The verdict, with Kubernetes' reason and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) available: bool,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Verdict {
    /// Everything was looked at and is as it should be.
    pub(super) fn passed() -> Self {
        Self { available: true, reason: "Passed", message: "all checks passed".to_owned() }
    }

    pub(super) fn no(reason: &'static str, message: String) -> Self {
        Self { available: false, reason, message }
    }

    /// The server does not answer for its group and version.
    pub(super) fn silent(why: &str) -> Self {
        Self::no("FailedDiscoveryCheck", format!("failing or missing response from {why}"))
    }

    /// Writes the condition into an object; false when it says so already.
    pub(super) fn write(&self, object: &mut Value, now: Timestamp) -> bool {
        let status = if self.available { "True" } else { "False" };
        let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let before = object["status"].clone();
        let (reason, message) = (self.reason, &self.message);
        set_condition(&mut object["status"], "Available", status, reason, message, &now);
        object["status"] != before
    }
}

/// What keeps a Service from leading anywhere, if something does.
pub(super) fn obstacle(catalog: &Catalog, service: &Service) -> Option<Verdict> {
    let Service { namespace, name, port } = service;
    let found = catalog.find("", "v1", "services").and_then(|services| {
        services.shelf()?.get(&services.key(Some(namespace), name)).map(|found| found.object())
    });
    let Some(found) = found else {
        let message = format!("service/{name} in {namespace:?} is not present");
        return Some(Verdict::no("ServiceNotFound", message));
    };
    if found["spec"]["type"] == "ExternalName" {
        return None;
    }
    let ports = found["spec"]["ports"].as_array().into_iter().flatten();
    let mut ports = ports.filter(|own| own["port"].as_u64() == Some(u64::from(*port)));
    let Some(own) = ports.next() else {
        let message = format!("service/{name} in {namespace:?} is not listening on port {port}");
        return Some(Verdict::no("ServicePortError", message));
    };
    let port_name = own["name"].as_str().unwrap_or_default();
    let slices = slices(catalog, namespace, name);
    if slices.is_empty() {
        let message = format!("cannot find endpointslices for service/{name} in {namespace:?}");
        return Some(Verdict::no("EndpointsNotFound", message));
    }
    if slices.iter().any(|slice| !endpoints(slice, port_name).is_empty()) {
        return None;
    }
    let message = format!(
        "endpointslices for service/{name} in {namespace:?} have no addresses with port name {port_name:?}"
    );
    Some(Verdict::no("MissingEndpoints", message))
}

#[cfg(test)]
mod tests;
