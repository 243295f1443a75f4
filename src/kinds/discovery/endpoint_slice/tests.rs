use expect_test::expect;
use serde_json::{Value, json};

use super::EndpointSlice;
use crate::fixture::{check, check_updates, row};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "web-x", "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "endpoints": [{"addresses": ["10.42.0.5"]}, {"addresses": ["10.42.0.6"]}],
        "ports": [{"name": "http", "port": 80}, {"name": "any"}]})
}

#[test]
fn addresses_fit_their_family() {
    check(
        &EndpointSlice,
        &valid(),
        &[
            ("/addressType", json!(null), "addressType: Required value"),
            (
                "/addressType",
                json!("IPX"),
                "addressType: Unsupported value: \"IPX\": supported values: \"FQDN\", \"IPv4\", \"IPv6\"",
            ),
            (
                "/endpoints/0/addresses",
                json!([]),
                "endpoints[0].addresses: Required value: must contain at least 1 address",
            ),
            (
                "/endpoints/0/addresses/0",
                json!("::1"),
                "endpoints[0].addresses[0]: Invalid value: \"::1\": must be a valid IPv4 address",
            ),
            ("/ports/0/name", json!("any"), "ports[1].name: Duplicate value: \"any\""),
            (
                "/ports/0/protocol",
                json!("ICMP"),
                "ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            ),
        ],
    );
}

#[test]
fn the_family_stays() {
    let expected = "addressType: Invalid value: \"FQDN\": field is immutable";
    let mut slice = valid();
    slice["endpoints"] = json!([]);
    check_updates(&EndpointSlice, &slice, &[("/addressType", json!("FQDN"), expected)]);
}

#[test]
fn the_row_shows_ports_and_addresses() {
    expect![[r"
        Name: web-x
        AddressType: IPv4
        Ports: 80,any
        Endpoints: 10.42.0.5,10.42.0.6
        Age: 4m5s
    "]]
    .assert_eq(&row(&EndpointSlice, &valid()));
    let empty = json!({"metadata": {"name": "x"}, "addressType": "IPv4"});
    expect![[r"
        Name: x
        AddressType: IPv4
        Ports: <unset>
        Endpoints: <unset>
        Age: <unknown>
    "]]
    .assert_eq(&row(&EndpointSlice, &empty));
}

#[test]
fn an_endpoint_is_reachable_from_everywhere() {
    check(
        &EndpointSlice,
        &valid(),
        &[(
            "/endpoints/0/addresses/0",
            json!("169.254.1.1"),
            "endpoints[0].addresses[0]: Invalid value: \"169.254.1.1\": may not be in the link-local range \
             (169.254.0.0/16, fe80::/10)",
        )],
    );
}

#[test]
fn a_slice_of_another_service_is_a_new_generation() {
    let old = valid();
    let mut new = old.clone();
    new["metadata"]["annotations"] = json!({"a": "b"});
    assert!(!EndpointSlice.generation_changes(&new, &old));
    new["metadata"]["labels"] = json!({"kubernetes.io/service-name": "other"});
    assert!(EndpointSlice.generation_changes(&new, &old));
}
