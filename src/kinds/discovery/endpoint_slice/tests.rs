use expect_test::expect;
use serde_json::{Value, json};

use super::EndpointSlice;
use crate::fixture::{admitted, check, check_updates, problems_of_update, refusals, row};
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
fn endpoints_that_are_stored_keep_nobody_from_changing_the_rest() {
    let mut stored = admitted(&EndpointSlice, valid());
    stored["endpoints"][0]["addresses"] = json!(["127.0.0.1"]);
    let mut new = stored.clone();
    new["ports"][0]["port"] = json!(81);
    assert_eq!(problems_of_update(&EndpointSlice, &new, &stored), "");
    new["endpoints"][1]["addresses"] = json!(["10.42.0.7"]);
    expect![[
        r#"endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)"#
    ]]
    .assert_eq(&problems_of_update(&EndpointSlice, &new, &stored));
}

#[test]
fn an_endpoint_says_where_it_is_and_for_whom() {
    let nine: Vec<Value> = (0..9).map(|zone| json!({"name": format!("z{zone}")})).collect();
    let changes = &[
        ("/endpoints/0/nodeName", json!("a b")),
        (
            "/endpoints/0/hints",
            json!({"forZones": [{"name": "a"}, {"name": "a"}, {"name": "b c"}]}),
        ),
        ("/endpoints/0/hints", json!({"forNodes": [{"name": "A"}], "forZones": nine})),
        ("/endpoints/0/deprecatedTopology", json!({"a b": "c"})),
        ("/ports/0/appProtocol", json!("a b")),
    ];
    expect![[r#"
        no /addressType
            addressType: Required value
        no /endpoints
            is fine
        no /endpoints/0/addresses
            endpoints[0].addresses: Required value: must contain at least 1 address
        /endpoints/0/nodeName = "a b"
            endpoints[0].nodeName: Invalid value: "a b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /endpoints/0/hints = {"forZones":[{"name":"a"},{"name":"a"},{"name":"b c"}]}
            endpoints[0].hints.forZones[1].name: Duplicate value: "a"
            endpoints[0].hints.forZones[2].name: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
        /endpoints/0/hints = {"forNodes":[{"name":"A"}],"forZones":[{"name":"z0"},{"name":"z1"},{"name":"z2"},{"name":"z3"},{"name":"z4"},{"name":"z5"},{"name":"z6"},{"name":"z7"},{"name":"z8"}]}
            endpoints[0].hints.forZones: Too many: 9: must have at most 8 items
            endpoints[0].hints.forNodes[0].name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /endpoints/0/deprecatedTopology = {"a b":"c"}
            endpoints[0].deprecatedTopology: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
        /ports/0/appProtocol = "a b"
            ports[0].appProtocol: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
    "#]].assert_eq(&refusals(&EndpointSlice, &valid(), changes));
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
