use serde_json::json;

use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::check;

#[test]
fn names_of_other_things_are_checked() {
    const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
        '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
        '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/serviceAccountName",
                json!("A"),
                &format!("spec.serviceAccountName: Invalid value: \"A\": {SUBDOMAIN}"),
            ),
            (
                "/spec/nodeName",
                json!("A"),
                &format!("spec.nodeName: Invalid value: \"A\": {SUBDOMAIN}"),
            ),
            (
                "/spec/schedulingGates",
                json!([{"name": "a"}, {"name": "a"}]),
                "spec.schedulingGates[1]: Duplicate value: \"a\"",
            ),
        ],
    );
}

#[test]
fn name_resolution_and_hosts_are_checked() {
    const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/dnsPolicy",
                json!("None"),
                "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
            ),
            (
                "/spec/dnsConfig",
                json!({"nameservers": ["x"]}),
                &format!("spec.dnsConfig.nameservers[0]: Invalid value: \"x\": {ADDRESS}"),
            ),
            (
                "/spec/hostAliases",
                json!([{"ip": "1.2.3"}]),
                &format!("spec.hostAliases[0].ip: Invalid value: \"1.2.3\": {ADDRESS}"),
            ),
        ],
    );
}

#[test]
fn users_and_groups_are_numbers_a_node_knows() {
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/securityContext/runAsUser",
                json!(-1),
                "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
            ),
            (
                "/spec/securityContext/seccompProfile",
                json!({"type": "Other"}),
                "spec.securityContext.seccompProfile.type: Unsupported value: \"Other\": supported values: \
                 \"Localhost\", \"RuntimeDefault\", \"Unconfined\"",
            ),
        ],
    );
}

#[test]
fn systems_and_shared_processes_are_checked() {
    let host = crate::fixture::with(&valid(), "/spec/hostPID", json!(true));
    check(
        &Pod,
        &host,
        &[
            (
                "/spec/shareProcessNamespace",
                json!(true),
                "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot \
                 both be enabled",
            ),
            ("/spec/os", json!({"name": "linux"}), ""),
            (
                "/spec/os",
                json!({"name": "plan9"}),
                "spec.os.name: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\"",
            ),
        ],
    );
}
