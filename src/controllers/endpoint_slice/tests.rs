//! What ends up in the slices of a Service.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::slices::SERVICE_NAME;
use crate::testing::{World, object};

fn service(spec: Value) -> Arc<Service> {
    let mut service = json!({
        "metadata": {"name": "web", "namespace": "n", "uid": "s"},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "web"}]},
    });
    for (name, value) in spec.as_object().unwrap() {
        service["spec"][name] = value.clone();
    }
    object(service)
}

/// `a 10.0.0.1 ready`; other words: `leaving`, `failed`, `port=9000`, `other` (labels).
fn pod(text: &str) -> Arc<Pod> {
    let mut words = text.split(' ');
    let (name, address) = (words.next().unwrap(), words.next().unwrap());
    let mut pod = json!({
        "metadata": {"name": name, "namespace": "n", "uid": name, "labels": {"app": "web"}},
        "spec": {"nodeName": "one", "containers": [{"name": "c", "ports": [{"name": "web", "containerPort": 8080}]}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    });
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("ready", _) => {
                pod["status"]["conditions"] = json!([{"type": "Ready", "status": "True"}]);
            }
            ("leaving", _) => pod["metadata"]["deletionTimestamp"] = json!("2026-01-02T03:04:05Z"),
            ("failed", _) => pod["status"]["phase"] = json!("Failed"),
            ("other", _) => pod["metadata"]["labels"] = json!({"app": "db"}),
            ("port", number) => {
                let number: i32 = number.parse().unwrap();
                pod["spec"]["containers"][0]["ports"][0]["containerPort"] = json!(number);
            }
            (word, _) => panic!("unknown word {word}"),
        }
    }
    object(pod)
}

fn plan(world: &World, service: &Arc<Service>, pods: &[Arc<Pod>]) -> Plan {
    let service = Arc::clone(service);
    reconcile(&Snapshot { service, pods: pods.to_vec(), slices: world.list() })
}

fn show(world: &World) -> String {
    let mut text = String::new();
    for slice in world.list::<EndpointSlice>() {
        let ports: Vec<_> = slice.ports.iter().flatten().filter_map(|port| port.port).collect();
        writeln!(text, "{} {ports:?}", slice.address_type).unwrap();
        for endpoint in &slice.endpoints {
            let conditions = endpoint.conditions.clone().unwrap_or_default();
            let words = [
                ("ready", conditions.ready),
                ("serving", conditions.serving),
                ("terminating", conditions.terminating),
            ];
            let words: Vec<_> = words
                .iter()
                .filter(|(_, value)| *value == Some(true))
                .map(|(word, _)| *word)
                .collect();
            writeln!(text, "  {} {}", endpoint.addresses[0], words.join(" ")).unwrap();
        }
    }
    text
}

fn check(service: Value, pods: &[&str], expect: Expect) {
    let mut world = World::new();
    let pods: Vec<_> = pods.iter().map(|text| pod(text)).collect();
    let service = self::service(service);
    world.apply(plan(&world, &service, &pods));
    expect.assert_eq(&show(&world));
    assert!(plan(&world, &service, &pods).is_empty(), "a second look changes nothing");
}

#[test]
fn an_endpoint_says_whether_its_pod_is_ready_serving_or_leaving() {
    check(
        json!({}),
        &[
            "a 10.0.0.1 ready",
            "b 10.0.0.2",
            "c 10.0.0.3 ready leaving",
            "d 10.0.0.4 failed",
            "e 10.0.0.5 other",
        ],
        expect![[r#"
            IPv4 [8080]
              10.0.0.1 ready serving
              10.0.0.2 
              10.0.0.3 serving terminating
        "#]],
    );
}

#[test]
fn slices_of_a_service_that_is_gone_become_those_of_its_namesake() {
    let mut world = World::new();
    let (service, pods) = (service(json!({})), [pod("a 10.0.0.1 ready")]);
    world.apply(plan(&world, &service, &pods));
    let mut namesake = Service::clone(&service);
    namesake.metadata.uid = Some("t".to_owned());
    let namesake = Arc::new(namesake);
    world.apply(plan(&world, &namesake, &pods));
    let slices = world.list::<EndpointSlice>();
    let owners = slices.iter().flat_map(|slice| slice.metadata.owner_references.iter().flatten());
    assert_eq!(owners.map(|owner| owner.uid.as_str()).collect::<Vec<_>>(), ["t"]);
    assert!(plan(&world, &namesake, &pods).is_empty());
}

#[test]
fn not_ready_addresses_are_published_on_request() {
    check(
        json!({"publishNotReadyAddresses": true, "clusterIP": "None"}),
        &["a 10.0.0.1", "b 10.0.0.2 leaving"],
        expect![[r#"
            IPv4 [8080]
              10.0.0.1 ready
              10.0.0.2 ready terminating
        "#]],
    );
}

#[test]
fn pods_whose_named_port_differs_get_a_slice_of_their_own() {
    check(
        json!({}),
        &["a 10.0.0.1 ready", "b 10.0.0.2 ready port=9000"],
        expect![[r#"
        IPv4 [8080]
          10.0.0.1 ready serving
        IPv4 [9000]
          10.0.0.2 ready serving
    "#]],
    );
}

#[test]
fn a_service_without_pods_has_an_empty_slice_per_family() {
    check(
        json!({"ipFamilies": ["IPv4", "IPv6"]}),
        &[],
        expect![[r#"
        IPv4 []
        IPv6 []
    "#]],
    );
}

#[test]
fn each_family_has_its_own_slices() {
    check(
        json!({"ipFamilies": ["IPv4", "IPv6"]}),
        &["a 10.0.0.1 ready", "b fd00::1 ready"],
        expect![[r#"
            IPv4 [8080]
              10.0.0.1 ready serving
            IPv6 [8080]
              fd00::1 ready serving
        "#]],
    );
}

#[test]
fn a_slice_belongs_to_its_service_and_carries_its_labels() {
    let world = World::new();
    let plan = plan(&world, &service(json!({"clusterIP": "None"})), &[pod("a 10.0.0.1 ready")]);
    let [client::Action::Create(creation)] = &plan.actions[..] else { panic!("{plan}") };
    expect![[r#"
        {
          "addressType": "IPv4",
          "apiVersion": "discovery.k8s.io/v1",
          "endpoints": [
            {
              "addresses": [
                "10.0.0.1"
              ],
              "conditions": {
                "ready": true,
                "serving": true,
                "terminating": false
              },
              "nodeName": "one",
              "targetRef": {
                "kind": "Pod",
                "name": "a",
                "namespace": "n",
                "uid": "a"
              }
            }
          ],
          "kind": "EndpointSlice",
          "metadata": {
            "generateName": "web-",
            "labels": {
              "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
              "kubernetes.io/service-name": "web",
              "service.kubernetes.io/headless": ""
            },
            "namespace": "n",
            "ownerReferences": [
              {
                "apiVersion": "v1",
                "blockOwnerDeletion": true,
                "controller": true,
                "kind": "Service",
                "name": "web",
                "uid": "s"
              }
            ]
          },
          "ports": [
            {
              "name": "http",
              "port": 8080,
              "protocol": "TCP"
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&creation.body).unwrap());
}

#[test]
fn slices_hold_a_hundred_and_a_change_touches_one() {
    let mut world = World::new();
    let service = service(json!({}));
    let mut pods: Vec<_> =
        (0..250).map(|i| pod(&format!("p{i} 10.0.{}.{} ready", i / 200, i % 200))).collect();
    world.apply(plan(&world, &service, &pods));
    let sizes = |world: &World| -> Vec<usize> {
        world.list::<EndpointSlice>().iter().map(|slice| slice.endpoints.len()).collect()
    };
    assert_eq!(sizes(&world), [100, 100, 50]);
    pods.remove(0);
    let plan = plan(&world, &service, &pods);
    assert_eq!(plan.actions.len(), 1, "{plan}");
    world.apply(plan);
    assert_eq!(sizes(&world).iter().sum::<usize>(), 249);
}

#[test]
fn a_service_that_moves_outside_loses_its_slices() {
    let mut world = World::new();
    world.apply(plan(&world, &service(json!({})), &[pod("a 10.0.0.1 ready")]));
    world.apply(plan(&world, &service(json!({"type": "ExternalName"})), &[]));
    assert_eq!(show(&world), "");
}

#[test]
fn only_services_that_select_a_changed_pod_are_looked_at() {
    let services = Cache::default();
    services.insert(service(json!({})).as_ref().clone());
    let change = |old: Option<&str>, new: Option<&str>| {
        let change = Change { old: old.map(pod), new: new.map(pod) };
        selecting(&services, &change).len()
    };
    assert_eq!(change(None, Some("a 10.0.0.1")), 1);
    assert_eq!(change(Some("a 10.0.0.1"), Some("a 10.0.0.1")), 0, "nothing that shows has changed");
    assert_eq!(change(Some("a 10.0.0.1"), Some("a 10.0.0.1 other")), 1, "it was selected before");
    assert_eq!(change(Some("a 10.0.0.1 other"), None), 0);
    assert_eq!(SERVICE_NAME, "kubernetes.io/service-name");
}
