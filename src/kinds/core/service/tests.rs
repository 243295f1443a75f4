use expect_test::expect;
use serde_json::{Value, json};

use super::Service;
use crate::fixture::{
    admitted, check, check_updates, problems, problems_of_update, refused_statuses, row, with,
};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}})
}

/// A service after the server gave it an address.
fn allocated(kind: &str) -> Value {
    let mut service = valid();
    service["spec"]["type"] = json!(kind);
    service["spec"]["clusterIP"] = json!("10.43.0.5");
    service["spec"]["ipFamilies"] = json!(["IPv4"]);
    service["spec"]["ipFamilyPolicy"] = json!("SingleStack");
    if kind != "ClusterIP" {
        service["spec"]["ports"][0]["nodePort"] = json!(30080);
    }
    admitted(&Service, service)
}

#[test]
fn a_bare_service_gets_what_kubernetes_gives_it() {
    assert_eq!(
        admitted(&Service, valid())["spec"],
        json!({"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
            "selector": {"app": "web"}, "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]})
    );
    let balanced = admitted(&Service, with(&valid(), "/spec/type", json!("LoadBalancer")));
    assert_eq!(balanced["spec"]["allocateLoadBalancerNodePorts"], true);
    assert_eq!(balanced["spec"]["externalTrafficPolicy"], "Cluster");
    let sticky = admitted(&Service, with(&valid(), "/spec/sessionAffinity", json!("ClientIP")));
    assert_eq!(sticky["spec"]["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"], 10800);
    let free = admitted(&Service, with(&sticky, "/spec/sessionAffinity", json!("None")));
    assert_eq!(free["spec"].get("sessionAffinityConfig"), None);
    assert_eq!(allocated("ClusterIP")["spec"]["clusterIPs"], json!(["10.43.0.5"]));
}

#[test]
fn ports_are_needed_and_told_apart() {
    check(
        &Service,
        &valid(),
        &[
            ("/spec/ports", json!(null), "spec.ports: Required value"),
            (
                "/spec/ports/0/port",
                json!(0),
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            ),
            (
                "/spec/ports/0/targetPort",
                json!("no_name"),
                "spec.ports[0].targetPort: Invalid value: \"no_name\": must contain only alpha-numeric characters (a-z, \
                 0-9), and hyphens (-)",
            ),
            (
                "/spec/ports/0/protocol",
                json!("ICMP"),
                "spec.ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            ),
            (
                "/spec/ports/0/nodePort",
                json!(30000),
                "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
            ),
            (
                "/spec/ports/1",
                json!({"name": "b", "port": 81, "protocol": "TCP", "targetPort": 81}),
                "spec.ports[0].name: Required value",
            ),
        ],
    );
}

#[test]
fn types_and_policies_are_known() {
    check(
        &Service,
        &valid(),
        &[
            (
                "/spec/type",
                json!("Magic"),
                "spec.type: Unsupported value: \"Magic\": supported values: \"ClusterIP\", \"ExternalName\", \
                 \"LoadBalancer\", \"NodePort\"",
            ),
            ("/spec/type", json!("ExternalName"), "spec.externalName: Required value"),
            (
                "/spec/loadBalancerSourceRanges",
                json!(["10.0.0.0/8"]),
                "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
            ),
            (
                "/spec/externalIPs",
                json!(["169.254.0.1"]),
                "spec.externalIPs[0]: Invalid value: \"169.254.0.1\": may not be in the link-local range (169.254.0.0/16, \
                 fe80::/10)",
            ),
            (
                "/spec/sessionAffinity",
                json!("Forever"),
                "spec.sessionAffinity: Unsupported value: \"Forever\": supported values: \"ClientIP\", \"None\"",
            ),
            (
                "/spec/externalTrafficPolicy",
                json!("Local"),
                "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services",
            ),
            (
                "/spec/internalTrafficPolicy",
                json!("Near"),
                "spec.internalTrafficPolicy: Unsupported value: \"Near\": supported values: \"Cluster\", \"Local\"",
            ),
            (
                "/metadata/name",
                json!("1web"),
                "metadata.name: Invalid value: \"1web\": a DNS-1035 label must consist of lower case alphanumeric \
                 characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. \
                 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
            ),
        ],
    );
}

#[test]
fn a_headless_service_needs_no_ports_and_no_node() {
    let mut service = valid();
    service["spec"] = json!({"clusterIP": "None"});
    let service = admitted(&Service, service);
    assert_eq!(problems(&Service, &service), "");
    let outside = with(&service, "/spec/type", json!("LoadBalancer"));
    assert_eq!(
        problems(&Service, &outside),
        "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalancer services"
    );
}

#[test]
fn what_was_allocated_survives_a_writer_who_does_not_know_it() {
    for kind in ["NodePort", "LoadBalancer"] {
        let old = allocated(kind);
        let mut new = admitted(&Service, with(&valid(), "/spec/type", json!(kind)));
        Service.prepare_update(&mut new, &old);
        assert_eq!(new["spec"], old["spec"]);
    }
}

#[test]
fn a_service_that_needs_no_node_ports_loses_them() {
    let old = allocated("NodePort");
    let mut new = with(&old, "/spec/type", json!("ClusterIP"));
    Service.prepare_update(&mut new, &old);
    assert_eq!(new["spec"]["ports"][0].get("nodePort"), None);
    assert_eq!(new["spec"].get("externalTrafficPolicy"), None);
    assert_eq!(problems(&Service, &new), "");
}

#[test]
fn a_service_that_becomes_a_name_loses_its_address() {
    let old = allocated("ClusterIP");
    let mut new = with(&old, "/spec/type", json!("ExternalName"));
    new["spec"]["externalName"] = json!("example.com");
    Service.prepare_update(&mut new, &old);
    assert_eq!(new["spec"].get("clusterIP"), None);
    assert_eq!(problems(&Service, &new), "");
}

#[test]
fn an_address_does_not_change() {
    check_updates(
        &Service,
        &allocated("ClusterIP"),
        &[
            (
                "/spec/clusterIPs/0",
                json!("10.43.0.6"),
                "spec.clusterIPs[0]: Invalid value: [\"10.43.0.6\"]: may not change once set",
            ),
            ("/spec/ports/0/port", json!(81), ""),
        ],
    );
}

#[test]
fn the_row_shows_addresses_and_ports() {
    expect![[r"
        Name: web
        Type: NodePort
        Cluster-IP: 10.43.0.5
        External-IP: <none>
        Port(s): 80:30080/TCP
        Age: 4m5s
        | Selector: app=web
    "]]
    .assert_eq(&row(&Service, &allocated("NodePort")));
}

#[test]
fn the_address_outside_depends_on_the_type() {
    let outside = |service: &Value| {
        let row = row(&Service, service);

        row.lines().find(|line| line.starts_with("External-IP")).unwrap().to_owned()
    };
    let mut balanced = allocated("LoadBalancer");
    assert_eq!(outside(&balanced), "External-IP: <pending>");
    balanced["status"]["loadBalancer"]["ingress"] = json!([{"ip": "1.2.3.4"}, {"hostname": "h"}]);
    balanced["spec"]["externalIPs"] = json!(["5.6.7.8"]);
    assert_eq!(outside(&balanced), "External-IP: 1.2.3.4,h,5.6.7.8");
    let named = json!({"spec": {"type": "ExternalName", "externalName": "example.com"}});
    assert_eq!(outside(&named), "External-IP: example.com");
}

#[test]
fn the_port_for_health_checks_belongs_to_local_load_balancers() {
    let local = with(&allocated("LoadBalancer"), "/spec/externalTrafficPolicy", json!("Local"));
    let local = with(&local, "/spec/healthCheckNodePort", json!(30090));
    check(
        &Service,
        &valid(),
        &[(
            "/spec/healthCheckNodePort",
            json!(30090),
            "spec.healthCheckNodePort: Invalid value: 30090: may only be set when `type` is 'LoadBalancer' and \
             `externalTrafficPolicy` is 'Local'",
        )],
    );
    check_updates(
        &Service,
        &local,
        &[(
            "/spec/healthCheckNodePort",
            json!(30091),
            "spec.healthCheckNodePort: Forbidden: field is immutable",
        )],
    );
    // One that is stored without a port gets it with its next change.
    let without = with(&local, "/spec/healthCheckNodePort", json!(null));
    assert_eq!(crate::fixture::problems_of_update(&Service, &local, &without), "");
    let mut kept = with(&local, "/spec/healthCheckNodePort", json!(0));
    Service.prepare_update(&mut kept, &local);
    assert_eq!(kept["spec"]["healthCheckNodePort"], 30090);
    let mut freed = with(&local, "/spec/externalTrafficPolicy", json!("Cluster"));
    Service.prepare_update(&mut freed, &local);
    assert_eq!(freed["spec"].get("healthCheckNodePort"), None);
}

#[test]
fn only_load_balancers_have_points_of_ingress() {
    let changes = &[("/status/loadBalancer/ingress", json!([{"ip": "10.0.0.1"}]))];
    expect![[r#"
        /status/loadBalancer/ingress = [{"ip":"10.0.0.1"}]
            status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is LoadBalancer
    "#]].assert_eq(&refused_statuses(&Service, &valid(), changes));
}

#[test]
fn a_load_balancer_says_how_it_delivers_to_addresses() {
    let mut balanced = valid();
    balanced["spec"]["type"] = json!("LoadBalancer");
    let changes = &[(
        "/status/loadBalancer/ingress",
        json!([{"ip": "10.0.0.1"}, {"ip": "10.0.0.1", "ipMode": "Magic"}, {"hostname": "a.b", "ipMode": "VIP"}]),
    )];
    expect![[r#"
        /status/loadBalancer/ingress = [{"ip":"10.0.0.1"},{"ip":"10.0.0.1","ipMode":"Magic"},{"hostname":"a.b","ipMode":"VIP"}]
            status.loadBalancer.ingress[1].ipMode: Unsupported value: "Magic": supported values: "Proxy", "VIP"
            status.loadBalancer.ingress[2].ipMode: Forbidden: may not be specified when `ip` is not set
    "#]].assert_eq(&refused_statuses(&Service, &balanced, changes));
}

#[test]
fn a_writer_is_told_what_is_ignored_or_has_a_better_form() {
    let told = |service: Value| Service.warnings(&service).join("\n");
    let headless = json!({
        "metadata": {"annotations": {"service.kubernetes.io/topology-aware-hints": "auto"}},
        "spec": {"type": "ClusterIP", "clusterIP": "None", "sessionAffinity": "ClientIP", "externalName": "a.b",
            "trafficDistribution": "PreferClose", "externalIPs": ["2001:DB8::1"]},
    });
    expect![[r#"
        annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead
        spec.externalIPs is ignored for headless services
        spec.SessionAffinity is ignored for headless services
        spec.externalIPs[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")
        spec.externalName is ignored when spec.type is not "ExternalName"
        spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone""#]].assert_eq(&told(headless));
    let balanced = json!({"spec": {"type": "LoadBalancer", "sessionAffinity": "None",
        "clusterIPs": ["10.43.0.9"], "loadBalancerIP": "::ffff:10.0.0.1",
        "loadBalancerSourceRanges": ["10.1.2.3/8", "2001:DB8::/64", "10.0.0.0/8"]}});
    expect![[r#"
        spec.loadBalancerIP: non-standard IP address "::ffff:10.0.0.1" will be considered invalid in a future Kubernetes release: use "10.0.0.1"
        spec.loadBalancerSourceRanges[0]: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)
        spec.loadBalancerSourceRanges[1]: IPv6 CIDR value "2001:DB8::/64" should be in RFC 5952 canonical format ("2001:db8::/64")"#]].assert_eq(&told(balanced));
}

#[test]
fn addresses_that_are_stored_keep_nobody_from_changing_a_service() {
    let mut stored = admitted(&Service, valid());
    stored["spec"]["externalIPs"] = json!(["127.0.0.1"]);
    stored["spec"]["loadBalancerSourceRanges"] = json!(["10.0.0.0/8"]);
    let mut new = stored.clone();
    new["spec"]["sessionAffinity"] = json!("ClientIP");
    Service.set_defaults(&mut new);
    assert_eq!(problems_of_update(&Service, &new, &stored), "");
    new["spec"]["externalIPs"] = json!(["127.0.0.1", "127.0.0.2"]);
    new["spec"]["loadBalancerSourceRanges"] = json!(["10.0.0.0/9"]);
    expect![[r#"
        spec.externalIPs[1]: Invalid value: "127.0.0.2": may not be in the loopback range (127.0.0.0/8, ::1/128)
        spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"#]].assert_eq(&problems_of_update(&Service, &new, &stored));
}
