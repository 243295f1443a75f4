//! Which endpoints stand behind a Service.

use serde_json::json;

use super::{Backend, PodName, endpoints, port_name};

#[test]
fn a_service_is_asked_at_the_port_named_numbered_or_alone() {
    let one = json!({"spec": {"ports": [{"port": 80}]}});
    let two = json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]}});
    assert_eq!(port_name(&one, "").ok(), Some(""));
    assert_eq!(port_name(&one, "80").ok(), Some(""));
    assert_eq!(port_name(&two, "81").ok(), Some("b"));
    assert_eq!(port_name(&two, "a").ok(), Some("a"));
    let error = port_name(&two, "").unwrap_err();
    assert_eq!(error.message, "no service port \"\" found for service \"web\"");
}

#[test]
fn only_ready_endpoints_stand_behind_a_service() {
    let endpoint = |name: &str, ready: bool| {
        json!({
            "conditions": {"ready": ready},
            "nodeName": "n",
            "targetRef": {"kind": "Pod", "name": name, "namespace": "of somebody else"},
        })
    };
    let slice = json!({
        "metadata": {"namespace": "ns"},
        "ports": [{"name": "web", "port": 8080}],
        "endpoints": [endpoint("a", true), endpoint("b", false), {"addresses": ["192.0.2.1"]}],
    });
    let text = |text: &str| text.to_owned();
    let pod = PodName { namespace: text("ns"), name: text("a"), node: text("n") };
    let host = Backend::Host { host: text("192.0.2.1"), port: 8080 };
    assert_eq!(endpoints(&slice, "web"), [Backend::Pod { pod, port: 8080 }, host]);
    assert_eq!(endpoints(&slice, "other"), []);
}

#[test]
fn what_only_this_machine_reaches_is_not_proxied() {
    let may = |host: &str| Backend::Host { host: host.to_owned(), port: 1 }.may_be_proxied();
    for refused in [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "fe80::1",
        "0.0.0.0",
        "a.example",
    ] {
        assert!(!may(refused), "{refused}");
    }
    for allowed in ["10.1.2.3", "192.0.2.1", "2001:db8::1"] {
        assert!(may(allowed), "{allowed}");
    }
}
