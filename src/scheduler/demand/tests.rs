//! How requests add up.

use serde_json::{Value, json};

use crate::testing::{demand, pod_with};

fn check(spec: Value, cpu_milli: i128, memory_bytes: i128) {
    let demand = demand(pod_with("p", spec));
    let found = (demand.requests.cpu_milli, demand.requests.memory_bytes);
    assert_eq!(found, (cpu_milli, memory_bytes));
}

fn container(cpu: &str, memory: &str) -> Value {
    json!({"name": "c", "resources": {"requests": {"cpu": cpu, "memory": memory}}})
}

fn sidecar(cpu: &str, memory: &str) -> Value {
    let mut container = container(cpu, memory);
    container["restartPolicy"] = json!("Always");
    container
}

#[test]
fn containers_add_up() {
    check(json!({"containers": [container("100m", "1k"), container("1", "2k")]}), 1100, 3000);
}

#[test]
fn the_greediest_init_container_counts_if_it_exceeds_the_rest() {
    let containers = json!([container("1", "1k")]);
    let init = json!([container("2", "100"), container("500m", "5k")]);
    check(json!({"containers": containers, "initContainers": init}), 2000, 5000);
}

#[test]
fn sidecars_count_beside_both() {
    let containers = json!([container("1", "1k")]);
    let init = json!([sidecar("1", "1k"), container("3", "100")]);
    check(json!({"containers": containers, "initContainers": init}), 4000, 2000);
}

#[test]
fn a_later_sidecar_does_not_burden_an_earlier_init_container() {
    let containers = json!([container("1", "1k")]);
    let init = json!([container("3", "100"), sidecar("1", "1k")]);
    check(json!({"containers": containers, "initContainers": init}), 3000, 2000);
}

#[test]
fn overhead_and_requests_of_the_pod_count() {
    let spec = json!({
        "containers": [container("1", "1k")],
        "resources": {"requests": {"cpu": "3"}},
        "overhead": {"cpu": "10m", "memory": "1k"},
    });
    check(spec, 3010, 2000);
}

#[test]
fn a_container_without_requests_counts_in_scores_only() {
    let demand = demand(pod_with("p", json!({})));
    assert_eq!((demand.requests.cpu_milli, demand.requests.memory_bytes), (0, 0));
    assert_eq!((demand.scored.cpu_milli, demand.scored.memory_bytes), (100, 200 << 20));
}
