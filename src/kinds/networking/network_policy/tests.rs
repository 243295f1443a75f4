use expect_test::expect;
use serde_json::{Value, json};

use super::NetworkPolicy;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "web",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"from": [{"podSelector": {}},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}], "ports": [{"port": 80,
        "endPort": 90}]}], "egress": [{"to": [{"namespaceSelector": {}}], "ports": [{"protocol": "UDP",
        "port": "dns"}]}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/policyTypes", json!(["Magic"])),
        ("/spec/policyTypes", json!(["Ingress", "Egress", "Ingress"])),
        ("/spec/ingress/0/from/0", json!({})),
        ("/spec/ingress/0/from/0", json!({"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}})),
        ("/spec/ingress/0/from/1/ipBlock/cidr", json!("10.0.0.0")),
        ("/spec/ingress/0/from/1/ipBlock/except", json!(["11.0.0.0/16"])),
        ("/spec/ingress/0/from/1/ipBlock/except", json!(["10.0.0.0/8"])),
        ("/spec/ingress/0/ports/0/protocol", json!("Magic")),
        ("/spec/ingress/0/ports/0/port", json!(0)),
        ("/spec/ingress/0/ports/0/port", json!(null)),
        ("/spec/ingress/0/ports/0/endPort", json!(70)),
        ("/spec/egress/0/ports/0/endPort", json!(70)),
        ("/spec/podSelector/matchExpressions", json!([{"key": "a", "operator": "Near"}])),
    ];
    expect![[r#"
        /spec/policyTypes = ["Magic"]
            spec.policyTypes[0]: Unsupported value: "Magic": supported values: "Egress", "Ingress"
        /spec/policyTypes = ["Ingress","Egress","Ingress"]
            spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes
        /spec/ingress/0/from/0 = {}
            spec.ingress[0].from[0]: Required value: must specify a peer
        /spec/ingress/0/from/0 = {"ipBlock":{"cidr":"10.0.0.0/8"},"podSelector":{}}
            spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer
        /spec/ingress/0/from/1/ipBlock/cidr = "10.0.0.0"
            spec.ingress[0].from[1].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
        /spec/ingress/0/from/1/ipBlock/except = ["11.0.0.0/16"]
            spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`
        /spec/ingress/0/from/1/ipBlock/except = ["10.0.0.0/8"]
            spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`
        /spec/ingress/0/ports/0/protocol = "Magic"
            spec.ingress[0].ports[0].protocol: Unsupported value: "Magic": supported values: "SCTP", "TCP", "UDP"
        /spec/ingress/0/ports/0/port = 0
            spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
        no /spec/ingress/0/ports/0/port
            spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is not specified
        /spec/ingress/0/ports/0/endPort = 70
            spec.ingress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`
        /spec/egress/0/ports/0/endPort = 70
            spec.egress[0].ports[0].endPort: Invalid value: 70: may not be specified when `port` is non-numeric
        /spec/podSelector/matchExpressions = [{"key":"a","operator":"Near"}]
            spec.podSelector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator
    "#]].assert_eq(&refusals(&NetworkPolicy, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: web
        Pod-Selector: app=web
        Age: 4m5s
    "]]
    .assert_eq(&row(&NetworkPolicy, &admitted(&NetworkPolicy, valid())));
}

#[test]
fn the_types_follow_from_the_rules() {
    let mut policy = valid();
    assert_eq!(
        admitted(&NetworkPolicy, policy.clone())["spec"]["policyTypes"],
        json!(["Ingress", "Egress"])
    );
    policy["spec"] = json!({"podSelector": {}});
    let policy = admitted(&NetworkPolicy, policy);
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress"]));
    assert!(row(&NetworkPolicy, &policy).contains("Pod-Selector: <none>"));
}
