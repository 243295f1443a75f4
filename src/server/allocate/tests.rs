use super::*;
use crate::cache::CacheProgress;

fn allocators(network: &str) -> Allocators {
    let catalog = Arc::new(Catalog::new(kinds::KINDS, &Arc::new(CacheProgress::default())));
    Allocators::new(catalog, network.parse().unwrap(), 30000..=30002, Random::seeded(1))
}

fn service(name: &str, spec: Value) -> Value {
    json!({ "metadata": { "name": name, "namespace": "default" }, "spec": spec })
}

fn assign(allocators: &Allocators, service: &mut Value) -> Result<Reservation, String> {
    change(allocators, service, None)
}

fn change(
    allocators: &Allocators,
    service: &mut Value,
    old: Option<&Value>,
) -> Result<Reservation, String> {
    let kind = kinds::find("", "v1", "services").expect("Service is a kind");
    allocators.assign(kind, service, old).map_err(|error| error.message)
}

/// What a write does: claim, store, and be over.
fn keep(allocators: &Allocators, service: &mut Value) {
    let mut reservation = assign(allocators, service).unwrap();
    reservation.begin();
    store(allocators, service);
    reservation.end();
}

fn store(allocators: &Allocators, service: &Value) {
    allocators.learn(&owner(service), Some(Holdings::of(service)));
}

fn delete(allocators: &Allocators, service: &Value) {
    allocators.learn(&owner(service), None);
}

fn fixed() -> Value {
    let ports = json!([{ "port": 80, "nodePort": 30001 }]);
    json!({ "type": "NodePort", "clusterIP": "10.43.0.9", "ports": ports })
}

#[test]
fn an_address_is_given_once_until_it_is_released() {
    let allocators = allocators("10.43.0.0/29");
    let mut given: Vec<Value> =
        (0..5).map(|index| service(&format!("s{index}"), json!({ "type": "ClusterIP" }))).collect();
    for service in &mut given {
        keep(&allocators, service);
    }
    let mut got: Vec<_> =
        given.iter().flat_map(holdings::addresses).map(|a| a.to_string()).collect();
    got.sort_unstable();
    assert_eq!(got, ["10.43.0.2", "10.43.0.3", "10.43.0.4", "10.43.0.5", "10.43.0.6"]);
    let mut more = service("more", json!({ "type": "ClusterIP" }));
    let error = assign(&allocators, &mut more).unwrap_err();
    assert!(error.contains("range is full"), "{error}");
    delete(&allocators, &given[0]);
    keep(&allocators, &mut more);
    assert_eq!(more["spec"]["clusterIP"], given[0]["spec"]["clusterIP"]);
}

#[test]
fn a_reservation_that_is_not_kept_leaves_nothing() {
    let allocators = allocators("10.43.0.0/16");
    drop(assign(&allocators, &mut service("a", fixed())).unwrap());
    keep(&allocators, &mut service("b", fixed()));
}

#[test]
fn what_somebody_else_has_is_refused_in_words_clients_know() {
    let allocators = allocators("10.43.0.0/16");
    keep(&allocators, &mut service("a", fixed()));
    let error = assign(&allocators, &mut service("b", fixed())).unwrap_err();
    assert!(
        error.contains("failed to allocate IP 10.43.0.9: provided IP is already allocated"),
        "{error}"
    );
    assert!(
        error.contains(
            "spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated"
        ),
        "{error}"
    );
    keep(&allocators, &mut service("a", fixed()));
}

#[test]
fn ports_outside_the_range_are_refused() {
    let allocators = allocators("10.43.0.0/16");
    let low = json!({ "type": "NodePort", "ports": [{ "port": 80, "nodePort": 80 }] });
    let error = assign(&allocators, &mut service("low", low)).unwrap_err();
    assert!(error.contains("The range of valid ports is 30000-30002"), "{error}");
}

#[test]
fn protocols_of_one_port_share_a_number_and_services_do_not() {
    let allocators = allocators("10.43.0.0/16");
    let dns = |ports: Value| json!({ "type": "NodePort", "ports": ports });
    let (tcp, udp) =
        (json!({ "port": 53, "protocol": "TCP" }), json!({ "port": 53, "protocol": "UDP" }));
    let mut drawn = service("drawn", dns(json!([tcp, udp])));
    keep(&allocators, &mut drawn);
    let number = |service: &Value, index: usize| {
        service["spec"]["ports"][index]["nodePort"].as_u64().unwrap()
    };
    assert_eq!(number(&drawn, 0), number(&drawn, 1));

    let mut asked = tcp.clone();
    asked["nodePort"] = number(&drawn, 1).into();
    asked["protocol"] = "SCTP".into();
    let error = assign(&allocators, &mut service("other", dns(json!([asked])))).unwrap_err();
    assert!(error.contains("provided port is already allocated"), "{error}");

    let free = (30000..=30002).find(|port| *port != number(&drawn, 0)).unwrap();
    asked["nodePort"] = free.into();
    let mut given = service("given", dns(json!([tcp, asked])));
    keep(&allocators, &mut given);
    assert_eq!((number(&given, 0), number(&given, 1)), (free, free));
}

#[test]
fn a_load_balancer_that_keeps_to_its_node_gets_a_port_for_health_checks() {
    let allocators = allocators("10.43.0.0/16");
    let local = json!({ "type": "LoadBalancer", "externalTrafficPolicy": "Local",
        "allocateLoadBalancerNodePorts": false, "ports": [{ "port": 80 }] });
    let mut first = service("first", local.clone());
    keep(&allocators, &mut first);
    let port = first["spec"]["healthCheckNodePort"].as_u64().unwrap();
    assert!((30000..=30002).contains(&port));
    assert_eq!(first["spec"]["ports"][0].get("nodePort"), None);

    let mut second = service("second", local);
    second["spec"]["healthCheckNodePort"] = port.into();
    let error = assign(&allocators, &mut second).unwrap_err();
    let expected = format!(
        "spec.healthCheckNodePort: Invalid value: {port}: provided port is already allocated"
    );
    assert!(error.contains(&expected), "{error}");
    delete(&allocators, &first);
    keep(&allocators, &mut second);
}

/// What Kubernetes answers on a cluster with one family.
#[test]
fn what_needs_a_second_family_is_refused() {
    let allocators = allocators("10.43.0.0/16");
    let two = json!(["10.43.0.9", "fd00::9"]);
    let cases = [
        (
            json!({ "ipFamilyPolicy": "RequireDualStack" }),
            "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services",
        ),
        (
            json!({ "ipFamilies": ["IPv6"] }),
            "spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster",
        ),
        (
            json!({ "ipFamilies": ["IPv4", "IPv6"] }),
            "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when \
             multiple IP families are specified",
        ),
        (
            json!({ "clusterIP": "10.43.0.9", "clusterIPs": two }),
            "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified",
        ),
        (
            json!({ "clusterIP": "10.43.0.9", "clusterIPs": two, "ipFamilyPolicy": "PreferDualStack" }),
            "spec.clusterIPs[1]: Invalid value: [\"10.43.0.9\",\"fd00::9\"]: IPv6 is not configured on this cluster",
        ),
        (
            json!({ "clusterIP": "10.43.0.8", "clusterIPs": ["10.43.0.9"] }),
            "spec.clusterIPs[0]: Invalid value: [\"10.43.0.9\"]: first value must match `clusterIP`",
        ),
    ];
    for (spec, expected) in cases {
        let error = assign(&allocators, &mut service("s", spec)).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let mut preferred = service("p", json!({ "ipFamilyPolicy": "PreferDualStack" }));
    keep(&allocators, &mut preferred);
    assert_eq!(preferred["spec"]["ipFamilies"], json!(["IPv4"]));
}

#[test]
fn a_headless_service_without_pods_of_its_own_may_name_both_families() {
    let allocators = allocators("10.43.0.0/16");
    let mut old = service("h", json!({ "clusterIP": "None" }));
    keep(&allocators, &mut old);
    assert_eq!(old["spec"]["ipFamilyPolicy"], "RequireDualStack");
    assert_eq!(old["spec"]["ipFamilies"], json!(["IPv4", "IPv6"]));

    let mut single = old.clone();
    single["spec"]["ipFamilyPolicy"] = "SingleStack".into();
    drop(change(&allocators, &mut single, Some(&old)).unwrap());
    assert_eq!(single["spec"]["ipFamilies"], json!(["IPv4"]));

    let mut reduced = old.clone();
    reduced["spec"]["ipFamilies"] = json!(["IPv4"]);
    let error = change(&allocators, &mut reduced, Some(&old)).unwrap_err();
    assert!(error.contains("must be 'SingleStack' to release the secondary IP family"), "{error}");
}

#[test]
fn the_ends_of_the_network_are_nobodys_address() {
    let allocators = allocators("10.43.0.0/16");
    for end in ["10.43.0.0", "10.43.255.255"] {
        let error =
            assign(&allocators, &mut service("s", json!({ "clusterIP": end }))).unwrap_err();
        let expected = format!(
            "failed to allocate IP {end}: the provided IP ({end}) is not in the valid range. The range of valid IPs is \
             10.43.0.0/16"
        );
        assert!(error.contains(&expected), "{error}");
    }
}

#[test]
fn headless_and_external_services_take_no_address() {
    let allocators = allocators("10.43.0.0/16");
    let mut headless = service("h", json!({ "type": "ClusterIP", "clusterIP": "None" }));
    keep(&allocators, &mut headless);
    assert_eq!(headless["spec"]["clusterIPs"], json!(["None"]));
    let mut external = service("e", json!({ "type": "ExternalName", "externalName": "x.example" }));
    keep(&allocators, &mut external);
    assert_eq!(external["spec"].get("clusterIP"), None);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_nobody_waits_for_keeps_its_claims_until_it_is_known() {
    let allocators = allocators("10.43.0.0/16");
    let mut lost = assign(&allocators, &mut service("lost", fixed())).unwrap();
    lost.begin();
    drop(lost);
    allocators.settle_doubts();
    let error = assign(&allocators, &mut service("other", fixed())).unwrap_err();
    assert!(error.contains("already allocated"), "{error}");
    tokio::time::advance(2 * DOUBT).await;
    allocators.settle_doubts();
    keep(&allocators, &mut service("other", fixed()));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_nobody_waited_for_and_that_happened_holds_what_it_stored() {
    let allocators = allocators("10.43.0.0/16");
    let mut stored = service("stored", fixed());
    let mut write = assign(&allocators, &mut stored).unwrap();
    write.begin();
    drop(write);
    store(&allocators, &stored);
    tokio::time::advance(2 * DOUBT).await;
    allocators.settle_doubts();
    assert!(assign(&allocators, &mut service("other", fixed())).is_err());
    delete(&allocators, &stored);
    keep(&allocators, &mut service("other", fixed()));
}

#[test]
fn an_address_stays_taken_while_its_service_is_made_anew() {
    let allocators = allocators("10.43.0.0/16");
    let mut first = service("a", fixed());
    keep(&allocators, &mut first);
    let again = assign(&allocators, &mut first).unwrap();
    delete(&allocators, &first);
    assert!(assign(&allocators, &mut service("b", fixed())).is_err());
    drop(again);
    keep(&allocators, &mut service("b", fixed()));
}

#[test]
fn a_change_to_an_address_that_may_not_change_asks_for_none() {
    let allocators = allocators("10.43.0.0/16");
    let mut old = service("a", fixed());
    keep(&allocators, &mut old);
    for wanted in ["192.0.2.1", "10.43.0.10"] {
        let mut new = old.clone();
        new["spec"]["clusterIP"] = wanted.into();
        drop(change(&allocators, &mut new, Some(&old)).unwrap());
        assert_eq!(new["spec"]["clusterIPs"], json!([wanted]));
    }
}

#[tokio::test]
async fn a_ready_service_cidr_adds_addresses_and_one_that_leaves_adds_none() {
    let server = crate::testing::Fixture::new().await;
    let services = "/api/v1/namespaces/default/services";
    let ask = |name: &str, address: &str| {
        let spec = json!({ "clusterIP": address, "ports": [{ "port": 80 }] });
        let mut service = service(name, spec);
        service["apiVersion"] = "v1".into();
        service["kind"] = "Service".into();
        service
    };
    let outside = |address: &str| {
        format!(
            "failed to allocate IP {address}: the provided network does not match the current range"
        )
    };
    let refused = server.post(services, &ask("a", "10.99.0.7")).await.failure(422, "Invalid");
    assert!(refused.contains(&outside("10.99.0.7")), "{refused}");
    let range = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR",
        "metadata": { "name": "more", "finalizers": ["networking.k8s.io/service-cidr-finalizer"] },
        "spec": { "cidrs": ["10.99.0.0/24"] },
    });
    let ranges = "/apis/networking.k8s.io/v1/servicecidrs";
    server.post(ranges, &range).await.expect(201);
    server.post(services, &ask("a", "10.99.0.7")).await.failure(422, "Invalid");
    let ready = json!({ "status": { "conditions": [{
        "type": "Ready", "status": "True", "reason": "", "message": "",
        "lastTransitionTime": "2026-01-02T03:04:05Z",
    }] } });
    server.patch(&format!("{ranges}/more/status"), "merge", &ready).await.expect(200);
    server.post(services, &ask("a", "10.99.0.7")).await.expect(201);
    let taken = server.post(services, &ask("b", "10.99.0.7")).await.failure(422, "Invalid");
    assert!(taken.contains("provided IP is already allocated"), "{taken}");
    server.ask(http::Method::DELETE, &format!("{ranges}/more"), &[], "").await.expect(200);
    let refused = server.post(services, &ask("b", "10.99.0.8")).await.failure(422, "Invalid");
    assert!(refused.contains(&outside("10.99.0.8")), "{refused}");
}

#[test]
fn the_band_for_ones_own_choice_is_drawn_from_last() {
    let bands = |network: &str| AddressRange(network.parse().unwrap()).bands();
    assert_eq!(bands("10.43.0.0/16"), [(256, 65_534), (2, 255)]);
    assert_eq!(bands("10.43.0.0/24"), [(16, 254), (2, 15)]);
    assert_eq!(bands("10.43.0.0/29"), [(2, 6), (2, 1)]);
    assert_eq!(PortRange(30000..=32767).bands(), [(30086, 32767), (30000, 30085)]);
    assert_eq!(PortRange(30000..=30002).bands(), [(30000, 30002), (30000, 29999)]);
    let range = AddressRange("10.43.0.0/16".parse().unwrap());
    assert_eq!(range.address(257).to_string(), "10.43.1.1");
}
