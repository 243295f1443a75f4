use super::{EndpointSubset, add};

#[test]
fn only_what_can_be_reached_is_mirrored() {
    let subset: EndpointSubset = serde_json::from_value(serde_json::json!({
        "addresses": [{"ip": "127.0.0.1"}, {"ip": "10.0.0.1"}, {"ip": "169.254.1.1"}, {"ip": "x"}],
        "notReadyAddresses": [{"ip": "fe80::1"}, {"ip": "fd00::1"}, {"ip": "::1"}],
        "ports": [{"port": 80}]}))
    .unwrap();
    let mut endpoints = std::collections::BTreeMap::new();
    add(&subset, &mut endpoints);
    let mirrored = endpoints.into_values().flatten().flat_map(|endpoint| endpoint.addresses);
    assert_eq!(mirrored.collect::<Vec<_>>(), ["10.0.0.1", "fd00::1"]);
}
