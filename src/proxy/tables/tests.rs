#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::fmt::Write;
use std::sync::Arc;

use expect_test::{Expect, expect};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use network::{Networks, Protocol};
use serde_json::{Value, json};

use crate::*;

fn networks() -> Networks {
    Networks {
        attached: vec!["10.42.0.0/16".parse().unwrap()],
        virtual_only: vec!["10.43.0.0/16".parse().unwrap()],
    }
}

fn service(name: &str, spec: Value) -> Value {
    json!({"metadata": {"namespace": "default", "name": name}, "spec": spec})
}

/// A slice of the Service `name` with one port.
fn slice(name: &str, port: Value, endpoints: Value) -> Value {
    json!({
        "metadata": {
            "namespace": "default", "name": format!("{name}-1"),
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4", "ports": [port], "endpoints": endpoints,
    })
}

fn ready(address: &str) -> Value {
    json!({"addresses": [address], "conditions": {"ready": true}})
}

fn check(services: &[Value], slices: &[Value], expected: Expect) {
    let parse_service = |value: &Value| Arc::new(serde_json::from_value(value.clone()).unwrap());
    let parse_slice = |value: &Value| Arc::new(serde_json::from_value(value.clone()).unwrap());
    let services: Vec<Arc<Service>> = services.iter().map(parse_service).collect();
    let slices: Vec<Arc<EndpointSlice>> = slices.iter().map(parse_slice).collect();
    let objects = Objects {
        services: &services,
        slices: &slices,
        networks: &networks(),
        node_name: "here",
        cluster_domain: "cluster.local",
    };
    expected.assert_eq(&transcript(&objects));
}

fn transcript(objects: &Objects<'_>) -> String {
    let tables = tables(objects);
    let mut text = String::new();
    for (address, ports) in &tables.services {
        for ((port, protocol), service) in ports {
            let backends: Vec<String> = service
                .backends
                .iter()
                .map(|it| {
                    let host = if it.host { " on the host" } else { "" };
                    format!("{}:{}{host}", it.endpoint.address, it.endpoint.port)
                })
                .collect();
            let sticky =
                service.affinity.map(|it| format!(", sticky for {it:?}")).unwrap_or_default();
            let (protocol, backends) = (word(*protocol), backends.join(" "));
            writeln!(text, "{address}:{port}/{protocol} -> [{backends}]{sticky}").unwrap();
        }
    }
    for (name, addresses) in &tables.names {
        writeln!(text, "{name} = {addresses:?}").unwrap();
    }
    for (name, target) in &tables.aliases {
        writeln!(text, "{name} = {target}").unwrap();
    }
    for ((port, protocol), target) in node_ports(objects) {
        let protocol = word(protocol);
        writeln!(text, "host:{port}/{protocol} -> {}:{}", target.address, target.port).unwrap();
    }
    text
}

fn word(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    }
}

#[test]
fn a_service_leads_to_its_ready_endpoints() {
    check(
        &[service("web", json!({"clusterIP": "10.43.0.5", "ports": [{"port": 80}]}))],
        &[slice(
            "web",
            json!({"port": 8080, "protocol": "TCP"}),
            json!([
                ready("10.42.0.8"),
                ready("10.42.0.7"),
                {"addresses": ["10.42.0.9"], "conditions": {"ready": false}},
                {"addresses": ["10.42.0.10"]},
            ]),
        )],
        expect![[r#"
            10.43.0.5:80/tcp -> [10.42.0.7:8080 10.42.0.8:8080 10.42.0.10:8080]
            web.default.svc.cluster.local = [10.43.0.5]
        "#]],
    );
}

#[test]
fn ports_are_matched_by_name_and_protocol() {
    let ports = json!([
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
        {"name": "signal", "port": 54, "protocol": "SCTP"},
        {"name": "other", "port": 55},
    ]);
    check(
        &[service("dns", json!({"clusterIP": "10.43.0.10", "ports": ports}))],
        &[
            slice(
                "dns",
                json!({"name": "dns", "port": 5353, "protocol": "UDP"}),
                json!([ready("10.42.0.1")]),
            ),
            slice(
                "dns",
                json!({"name": "dns-tcp", "port": 5354, "protocol": "TCP"}),
                json!([ready("10.42.0.2")]),
            ),
        ],
        expect![[r#"
            10.43.0.10:53/tcp -> [10.42.0.2:5354]
            10.43.0.10:53/udp -> [10.42.0.1:5353]
            10.43.0.10:55/tcp -> []
            dns.default.svc.cluster.local = [10.43.0.10]
        "#]],
    );
}

#[test]
fn terminating_endpoints_serve_when_no_other_does() {
    let web = service("web", json!({"clusterIP": "10.43.0.5", "ports": [{"port": 80}]}));
    let leaving = json!({
        "addresses": ["10.42.0.7"],
        "conditions": {"ready": false, "serving": true, "terminating": true},
    });
    let gone = json!({
        "addresses": ["10.42.0.8"],
        "conditions": {"ready": false, "serving": false, "terminating": true},
    });
    check(
        std::slice::from_ref(&web),
        &[slice("web", json!({"port": 80}), json!([leaving, gone]))],
        expect![[r#"
            10.43.0.5:80/tcp -> [10.42.0.7:80]
            web.default.svc.cluster.local = [10.43.0.5]
        "#]],
    );
    check(
        &[web],
        &[slice("web", json!({"port": 80}), json!([leaving, ready("10.42.0.9")]))],
        expect![[r#"
            10.43.0.5:80/tcp -> [10.42.0.9:80]
            web.default.svc.cluster.local = [10.43.0.5]
        "#]],
    );
}

#[test]
fn a_service_without_endpoints_has_its_address_and_no_backend() {
    check(
        &[service("web", json!({"clusterIP": "10.43.0.5", "ports": [{"port": 80}]}))],
        &[],
        expect![[r#"
            10.43.0.5:80/tcp -> []
            web.default.svc.cluster.local = [10.43.0.5]
        "#]],
    );
}

#[test]
fn local_traffic_stays_on_its_node() {
    let endpoints = json!([
        {"addresses": ["10.42.0.7"], "nodeName": "here"},
        {"addresses": ["10.42.1.7"], "nodeName": "there"},
    ]);
    check(
        &[service(
            "web",
            json!({
                "clusterIP": "10.43.0.5", "internalTrafficPolicy": "Local", "ports": [{"port": 80}],
            }),
        )],
        &[slice("web", json!({"port": 80}), endpoints)],
        expect![[r#"
            10.43.0.5:80/tcp -> [10.42.0.7:80]
            web.default.svc.cluster.local = [10.43.0.5]
        "#]],
    );
}

#[test]
fn clients_can_stick_to_a_backend() {
    let config = json!({"clientIP": {"timeoutSeconds": 30}});
    check(
        &[
            service(
                "one",
                json!({"clusterIP": "10.43.0.5", "sessionAffinity": "ClientIP", "ports": [{"port": 80}]}),
            ),
            service(
                "two",
                json!({
                    "clusterIP": "10.43.0.6", "sessionAffinity": "ClientIP",
                    "sessionAffinityConfig": config, "ports": [{"port": 80}],
                }),
            ),
        ],
        &[],
        expect![[r#"
            10.43.0.5:80/tcp -> [], sticky for 10800s
            10.43.0.6:80/tcp -> [], sticky for 30s
            one.default.svc.cluster.local = [10.43.0.5]
            two.default.svc.cluster.local = [10.43.0.6]
        "#]],
    );
}

#[test]
fn a_headless_service_is_the_names_of_its_endpoints() {
    let endpoints = json!([
        {"addresses": ["10.42.0.8"], "hostname": "db-1"},
        {"addresses": ["10.42.0.7"], "hostname": "db-0"},
        {"addresses": ["10.42.0.9"]},
        {"addresses": ["10.42.0.10"], "hostname": "db-2", "conditions": {"ready": false}},
    ]);
    let slice = slice("db", json!({"port": 5432}), endpoints);
    check(
        &[service("db", json!({"clusterIP": "None", "ports": [{"port": 5432}]}))],
        std::slice::from_ref(&slice),
        expect![[r#"
            10-42-0-9.db.default.svc.cluster.local = [10.42.0.9]
            db-0.db.default.svc.cluster.local = [10.42.0.7]
            db-1.db.default.svc.cluster.local = [10.42.0.8]
            db.default.svc.cluster.local = [10.42.0.7, 10.42.0.8, 10.42.0.9]
        "#]],
    );
    check(
        &[service("db", json!({"clusterIP": "None", "publishNotReadyAddresses": true}))],
        &[slice],
        expect![[r#"
            10-42-0-9.db.default.svc.cluster.local = [10.42.0.9]
            db-0.db.default.svc.cluster.local = [10.42.0.7]
            db-1.db.default.svc.cluster.local = [10.42.0.8]
            db-2.db.default.svc.cluster.local = [10.42.0.10]
            db.default.svc.cluster.local = [10.42.0.7, 10.42.0.8, 10.42.0.9, 10.42.0.10]
        "#]],
    );
}

#[test]
fn a_headless_service_without_endpoints_has_no_name() {
    check(&[service("db", json!({"clusterIP": "None"}))], &[], expect![""]);
}

#[test]
fn an_external_name_is_an_alias() {
    check(
        &[service("shop", json!({"type": "ExternalName", "externalName": "Example.com."}))],
        &[],
        expect![[r#"
            shop.default.svc.cluster.local = example.com
        "#]],
    );
}

#[test]
fn node_ports_lead_to_the_service() {
    let ports = json!([
        {"name": "web", "port": 80, "nodePort": 30080},
        {"name": "dns", "port": 53, "protocol": "UDP", "nodePort": 30053},
    ]);
    check(
        &[service("web", json!({"type": "NodePort", "clusterIP": "10.43.0.5", "ports": ports}))],
        &[],
        expect![[r#"
            10.43.0.5:53/udp -> []
            10.43.0.5:80/tcp -> []
            web.default.svc.cluster.local = [10.43.0.5]
            host:30053/udp -> 10.43.0.5:53
            host:30080/tcp -> 10.43.0.5:80
        "#]],
    );
}

#[test]
fn the_api_server_is_reached_on_its_host() {
    check(
        &[service(
            "kubernetes",
            json!({"clusterIP": "10.43.0.1", "ports": [{"name": "https", "port": 443}]}),
        )],
        &[slice("kubernetes", json!({"name": "https", "port": 6443}), json!([ready("127.0.0.1")]))],
        expect![[r#"
            10.43.0.1:443/tcp -> [127.0.0.1:6443 on the host]
            kubernetes.default.svc.cluster.local = [10.43.0.1]
        "#]],
    );
}

#[test]
fn endpoints_outside_the_pod_network_are_no_sockets_of_the_host() {
    check(
        &[service("legacy", json!({"clusterIP": "10.43.0.5", "ports": [{"port": 80}]}))],
        &[slice("legacy", json!({"port": 80}), json!([ready("127.0.0.1")]))],
        expect![[r#"
            10.43.0.5:80/tcp -> [127.0.0.1:80]
            legacy.default.svc.cluster.local = [10.43.0.5]
        "#]],
    );
}

#[test]
fn external_addresses_cannot_take_those_of_the_pod_network() {
    let external = json!(["192.0.2.10", "10.42.0.1", "10.43.0.6"]);
    let mut balanced = service(
        "web",
        json!({"clusterIP": "10.43.0.5", "externalIPs": external, "ports": [{"port": 80}]}),
    );
    balanced["status"] =
        json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.20"}, {"ip": "10.43.0.7"}]}});
    check(
        &[balanced],
        &[slice("web", json!({"port": 80}), json!([ready("10.42.0.7")]))],
        expect![[r#"
            10.43.0.5:80/tcp -> [10.42.0.7:80]
            192.0.2.10:80/tcp -> [10.42.0.7:80]
            192.0.2.20:80/tcp -> [10.42.0.7:80]
            web.default.svc.cluster.local = [10.43.0.5]
        "#]],
    );
}

#[test]
fn each_address_of_a_dual_stack_service_has_backends_of_its_family() {
    check(
        &[service(
            "web",
            json!({
                "clusterIP": "10.43.0.5", "clusterIPs": ["10.43.0.5", "fd43::5"],
                "ports": [{"port": 80}],
            }),
        )],
        &[
            slice("web", json!({"port": 80}), json!([ready("10.42.0.7")])),
            slice("web", json!({"port": 80}), json!([ready("fd42::7")])),
        ],
        expect![[r#"
            10.43.0.5:80/tcp -> [10.42.0.7:80]
            fd43::5:80/tcp -> [fd42::7:80]
            web.default.svc.cluster.local = [10.43.0.5, fd43::5]
        "#]],
    );
}

#[test]
fn nonsense_is_left_out() {
    check(
        &[
            service("a", json!({"clusterIP": "nowhere", "ports": [{"port": 80}]})),
            service("b", json!({"clusterIP": "10.43.0.5", "ports": [{"port": 99999}]})),
            service("c", json!({"clusterIP": "10.43.0.6", "ports": [{"port": 80}]})),
            json!({"metadata": {"name": "no namespace"}, "spec": {}}),
        ],
        &[slice("c", json!({"port": -1}), json!([{"addresses": ["nowhere"]}, {"addresses": []}]))],
        expect![[r#"
            10.43.0.6:80/tcp -> []
            b.default.svc.cluster.local = [10.43.0.5]
            c.default.svc.cluster.local = [10.43.0.6]
        "#]],
    );
}

#[test]
fn load_balancers_ask_for_pods_of_this_node() {
    let spec = |policy: &str| {
        json!({
            "type": "LoadBalancer", "externalTrafficPolicy": policy, "clusterIP": "10.43.0.5",
            "healthCheckNodePort": 30100, "ports": [{"port": 80}],
        })
    };
    let at = |node: &str, is_ready: bool| json!({"addresses": ["10.42.0.2"], "nodeName": node, "conditions": {"ready": is_ready}});
    let counted = |policy: &str, endpoints: Value| {
        let service = serde_json::from_value(service("web", spec(policy))).unwrap();
        let slice = serde_json::from_value(slice("web", json!({"port": 80}), endpoints)).unwrap();
        let checks = health_checks(&Objects {
            services: &[Arc::new(service)],
            slices: &[Arc::new(slice)],
            networks: &networks(),
            node_name: "here",
            cluster_domain: "cluster.local",
        });
        checks.get(&30100).map(|health| health.local_endpoints)
    };
    let all = json!([at("here", true), at("here", false), at("there", true)]);
    assert_eq!(counted("Local", all.clone()), Some(1));
    assert_eq!(counted("Local", json!([at("there", true)])), Some(0));
    // It still serves, and traffic is to turn elsewhere meanwhile.
    let mut ending = at("here", false);
    ending["conditions"] = json!({"ready": false, "serving": true, "terminating": true});
    assert_eq!(counted("Local", json!([ending])), Some(0));
    assert_eq!(counted("Cluster", all), None);
}
