use super::*;

fn allocators(network: &str) -> Allocators {
    Allocators::new(network.parse().unwrap(), 30000..=30002, Random::seeded(1))
}

fn service(name: &str, spec: Value) -> Value {
    json!({ "metadata": { "name": name, "namespace": "default" }, "spec": spec })
}

fn assign(allocators: &Allocators, service: &mut Value) -> Result<Reservation, String> {
    let kind = kinds::find("", "v1", "services").expect("Service is a kind");
    allocators.assign(kind, service, None).map_err(|error| error.message)
}

fn keep(allocators: &Allocators, service: &mut Value) {
    assign(allocators, service).unwrap().keep();
}

#[test]
fn an_address_is_given_once_until_it_is_released() {
    let allocators = allocators("10.43.0.0/29");
    let mut given: Vec<Value> =
        (0..5).map(|index| service(&format!("s{index}"), json!({ "type": "ClusterIP" }))).collect();
    for service in &mut given {
        keep(&allocators, service);
    }
    let mut got: Vec<_> = given.iter().flat_map(addresses).map(|a| a.to_string()).collect();
    got.sort_unstable();
    assert_eq!(got, ["10.43.0.2", "10.43.0.3", "10.43.0.4", "10.43.0.5", "10.43.0.6"]);
    let mut more = service("more", json!({ "type": "ClusterIP" }));
    let error = assign(&allocators, &mut more).unwrap_err();
    assert!(error.contains("range is full"), "{error}");
    allocators.release(kinds::find("", "v1", "services").unwrap(), &given[0]);
    keep(&allocators, &mut more);
    assert_eq!(more["spec"]["clusterIP"], given[0]["spec"]["clusterIP"]);
}

#[test]
fn a_reservation_that_is_not_kept_leaves_nothing() {
    let allocators = allocators("10.43.0.0/16");
    let spec = json!({ "type": "NodePort", "clusterIP": "10.43.0.9", "ports": [{ "port": 80, "nodePort": 30001 }] });
    drop(assign(&allocators, &mut service("a", spec.clone())).unwrap());
    keep(&allocators, &mut service("b", spec));
}

#[test]
fn what_somebody_else_has_is_refused_in_words_clients_know() {
    let allocators = allocators("10.43.0.0/16");
    let spec = json!({ "type": "NodePort", "clusterIP": "10.43.0.9", "ports": [{ "port": 80, "nodePort": 30001 }] });
    keep(&allocators, &mut service("a", spec.clone()));
    let error = assign(&allocators, &mut service("b", spec.clone())).unwrap_err();
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
    keep(&allocators, &mut service("a", spec));
}

#[test]
fn ports_outside_the_range_are_refused_and_udp_may_share_a_number() {
    let allocators = allocators("10.43.0.0/16");
    let dns = json!({ "type": "NodePort", "ports": [
        { "port": 53, "nodePort": 30002, "protocol": "TCP" },
        { "port": 53, "nodePort": 30002, "protocol": "UDP" },
    ]});
    keep(&allocators, &mut service("dns", dns));
    let low = json!({ "type": "NodePort", "ports": [{ "port": 80, "nodePort": 80 }] });
    let error = assign(&allocators, &mut service("low", low)).unwrap_err();
    assert!(error.contains("The range of valid ports is 30000-30002"), "{error}");
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
