//! What changes do to decisions.

use std::sync::Arc;
use std::time::Duration;

use client::Key;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use tokio::time::{Instant, advance};

use super::{Decision, State};
use crate::testing::{node, on, pod, pod_with};

fn set_node(state: &mut State, text: &str) {
    let node = node(text);
    let name = node.metadata.name.clone().unwrap();
    state.set_node(&name, Some(node), Instant::now());
}

fn set(state: &mut State, pod: Arc<Pod>) {
    state.set_pod(&Key::of(pod.as_ref()), Some(pod), Instant::now());
}

fn remove(state: &mut State, name: &str) {
    state.set_pod(&Key::new("default", name), None, Instant::now());
}

/// All decisions there are, as `pod>node`, or `pod>` for a refusal.
fn decisions(state: &mut State) -> Vec<String> {
    let decide = || {
        Some(match state.decide(0, Instant::now())? {
            Decision::Bind(demand, node) => format!("{}>{node}", demand.key().name),
            Decision::Refuse(demand, _) => format!("{}>", demand.key().name),
        })
    };
    std::iter::from_fn(decide).collect()
}

#[tokio::test(start_paused = true)]
async fn an_assumed_pod_counts_before_it_is_seen() {
    let mut state = State::default();
    set_node(&mut state, "n cpu=1");
    set(&mut state, pod("a cpu=1"));
    set(&mut state, pod("b cpu=1"));
    assert_eq!(decisions(&mut state), ["a>n", "b>"]);
    set(&mut state, on("n", &pod("a cpu=1")));
    advance(Duration::from_secs(5)).await;
    assert_eq!(decisions(&mut state), [""; 0], "nothing has become free");
    remove(&mut state, "a");
    assert_eq!(decisions(&mut state), ["b>n"]);
}

#[tokio::test(start_paused = true)]
async fn a_finished_pod_makes_room() {
    let mut state = State::default();
    set_node(&mut state, "n cpu=1");
    let running = on("n", &pod("a cpu=1"));
    set(&mut state, Arc::clone(&running));
    set(&mut state, pod("b cpu=1"));
    assert_eq!(decisions(&mut state), ["b>"]);
    advance(Duration::from_secs(1)).await;
    let mut finished = running.as_ref().clone();
    finished.status = serde_json::from_value(json!({"phase": "Succeeded"})).unwrap();
    set(&mut state, Arc::new(finished));
    assert_eq!(decisions(&mut state), ["b>n"]);
}

#[tokio::test(start_paused = true)]
async fn a_pod_of_any_size_gives_back_just_what_it_took() {
    let mut state = State::default();
    set_node(&mut state, "n cpu=1 memory=1Gi");
    set(&mut state, on("n", &pod("a memory=1Gi")));
    set(&mut state, on("n", &pod("huge memory=9223372036854775807")));
    set(&mut state, on("n", &pod("greedy memory=9223372036854775807")));
    remove(&mut state, "huge");
    remove(&mut state, "greedy");
    set(&mut state, pod("b memory=1"));
    assert_eq!(decisions(&mut state), ["b>"], "the first one is still there");
    advance(Duration::from_secs(5)).await;
    remove(&mut state, "a");
    assert_eq!(decisions(&mut state), ["b>n"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_or_changed_node_helps_and_a_heartbeat_does_not() {
    let mut state = State::default();
    set(&mut state, pod("a cpu=1"));
    assert_eq!(decisions(&mut state), ["a>"]);
    advance(Duration::from_secs(10)).await;
    set_node(&mut state, "n cpu=500m");
    assert_eq!(decisions(&mut state), ["a>"]);
    advance(Duration::from_secs(10)).await;
    set_node(&mut state, "n cpu=500m");
    assert_eq!(decisions(&mut state), [""; 0]);
    set_node(&mut state, "n cpu=2");
    assert_eq!(decisions(&mut state), ["a>n"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_binding_gives_its_place_back() {
    let mut state = State::default();
    set_node(&mut state, "n cpu=1");
    set(&mut state, pod("a cpu=1"));
    let Some(Decision::Bind(demand, _)) = state.decide(0, Instant::now()) else {
        panic!("it fits");
    };
    set(&mut state, pod("b cpu=1"));
    assert_eq!(decisions(&mut state), ["b>"]);
    advance(Duration::from_secs(1)).await;
    state.binding_failed(&demand, Instant::now());
    assert_eq!(decisions(&mut state), ["a>n", "b>"]);
}

#[tokio::test(start_paused = true)]
async fn a_binding_that_seemed_to_fail_and_is_seen_counts() {
    let mut state = State::default();
    set_node(&mut state, "n cpu=1");
    set(&mut state, pod("a cpu=1"));
    let Some(Decision::Bind(demand, _)) = state.decide(0, Instant::now()) else {
        panic!("it fits");
    };
    set(&mut state, on("n", &pod("a cpu=1")));
    state.binding_failed(&demand, Instant::now());
    set(&mut state, pod("b cpu=1"));
    assert_eq!(decisions(&mut state), ["b>"]);
}

#[tokio::test(start_paused = true)]
async fn pods_of_others_gated_and_leaving_pods_are_left_alone() {
    let mut state = State::default();
    set_node(&mut state, "n");
    set(&mut state, pod_with("other", json!({"schedulerName": "mine"})));
    set(&mut state, pod_with("gated", json!({"schedulingGates": [{"name": "wait"}]})));
    let mut leaving = pod("leaving").as_ref().clone();
    leaving.metadata.deletion_timestamp =
        serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
    set(&mut state, Arc::new(leaving));
    assert_eq!(decisions(&mut state), [""; 0]);
    set(&mut state, pod_with("gated", json!({"schedulingGates": []})));
    assert_eq!(decisions(&mut state), ["gated>n"]);
}

#[tokio::test(start_paused = true)]
async fn pods_of_a_node_that_comes_later_count() {
    let mut state = State::default();
    set(&mut state, on("n", &pod("a cpu=1")));
    set_node(&mut state, "n cpu=1");
    set(&mut state, pod("b cpu=1"));
    assert_eq!(decisions(&mut state), ["b>"]);
}
