use serde_json::{Value, json};

use super::{Endpoints, joined};
use crate::fixture::{check, problems_of_update};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web", "namespace": "default"},
        "subsets": [{"addresses": [{"ip": "10.42.0.5"}], "ports": [{"port": 80}]}]})
}

#[test]
fn subsets_hold_addresses_and_ports() {
    const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
        start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
        '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    check(
        &Endpoints,
        &valid(),
        &[
            (
                "/subsets/0/addresses",
                json!(null),
                "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
            ),
            (
                "/subsets/0/addresses/0/ip",
                json!("x"),
                "subsets[0].addresses[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or \
                 2001:db8::ffff)",
            ),
            (
                "/subsets/0/addresses/0/ip",
                json!("0.0.0.0"),
                "subsets[0].addresses[0].ip: Invalid value: \"0.0.0.0\": may not be unspecified (0.0.0.0)",
            ),
            (
                "/subsets/0/addresses/0/ip",
                json!("127.0.0.1"),
                "subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the loopback range \
                 (127.0.0.0/8, ::1/128)",
            ),
            (
                "/subsets/0/addresses/0/ip",
                json!("fe80::1"),
                "subsets[0].addresses[0].ip: Invalid value: \"fe80::1\": may not be in the link-local range \
                 (169.254.0.0/16, fe80::/10)",
            ),
            (
                "/subsets/0/addresses/0/ip",
                json!("224.0.0.1"),
                "subsets[0].addresses[0].ip: Invalid value: \"224.0.0.1\": may not be in the link-local multicast range \
                 (224.0.0.0/24, ff02::/10)",
            ),
            (
                "/subsets/0/addresses/0/hostname",
                json!("a.b"),
                &format!("subsets[0].addresses[0].hostname: Invalid value: \"a.b\": {LABEL}"),
            ),
            ("/subsets/0/ports/0/appProtocol", json!("kubernetes.io/h2c"), ""),
            (
                "/subsets/0/ports/0/port",
                json!(0),
                "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            ),
        ],
    );
}

#[test]
fn three_addresses_are_shown_and_the_rest_counted() {
    assert_eq!(joined(&valid()), "10.42.0.5:80");
    let many = json!({"subsets": [{"addresses": [{"ip": "a"}, {"ip": "b"}], "ports": [{"port": 1}, {"port": 2}]},
        {"addresses": [{"ip": "::1"}], "ports": [{"port": 3}]}]});
    assert_eq!(joined(&many), "a:1,b:1,a:2 + 2 more...");
    assert_eq!(
        joined(&json!({"subsets": [{"addresses": [{"ip": "::1"}], "ports": [{"port": 3}]}]})),
        "[::1]:3"
    );
    assert_eq!(joined(&json!({"subsets": [{"addresses": [{"ip": "a"}]}]})), "a");
    assert_eq!(joined(&json!({})), "<none>");
}

#[test]
fn the_server_itself_may_be_where_only_this_machine_reaches_it() {
    let mut own = valid();
    own["metadata"]["name"] = json!("kubernetes");
    own["subsets"][0]["addresses"][0]["ip"] = json!("127.0.0.1");
    check(&Endpoints, &own, &[]);
}

#[test]
fn an_empty_list_of_subsets_has_another_form() {
    let mut endpoints = json!({"subsets": []});
    assert!(Endpoints.canonicalize(&mut endpoints));
    assert_eq!(endpoints, json!({}));
    assert!(!Endpoints.canonicalize(&mut endpoints));
}

#[test]
fn addresses_that_are_stored_keep_nobody_from_changing_labels() {
    let mut stored = valid();
    stored["subsets"][0]["addresses"][0]["ip"] = json!("127.0.0.1");
    let mut new = stored.clone();
    new["metadata"]["labels"] = json!({"a": "b"});
    assert_eq!(problems_of_update(&Endpoints, &new, &stored), "");
    new["subsets"][0]["ports"][0]["port"] = json!(81);
    assert!(problems_of_update(&Endpoints, &new, &stored).contains("loopback"));
}
