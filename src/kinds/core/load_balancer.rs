//! Where a load balancer says that it can be reached: in the status of Services and of Ingresses.

use std::net::IpAddr;

use machinery::{FieldErrors, names};
use serde_json::Value;

use crate::address;
use crate::read::{items, text};

/// Checks the points of ingress, each with what `also` asks of it.
pub(crate) fn validate(
    object: &Value,
    errors: &FieldErrors,
    also: fn(&Value, &machinery::FieldPath<'_>),
) {
    let path = errors.at("status").at("loadBalancer").at("ingress");
    for (index, ingress) in items(&object["status"]["loadBalancer"], "ingress").enumerate() {
        let path = path.index(index);
        let (ip, host) = (text(ingress, "ip"), text(ingress, "hostname"));
        if !ip.is_empty() {
            address::validate(ip, &path.at("ip"));
        }
        also(ingress, &path);
        if !host.is_empty() {
            path.check("hostname", host, names::dns1123_subdomain(host));
            if host.parse::<IpAddr>().is_ok() {
                path.invalid("hostname", host, "must be a DNS name, not an IP address");
            }
        }
    }
}
