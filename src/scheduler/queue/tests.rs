//! Turns, back-off and second chances, on a paused clock.

use std::sync::Arc;
use std::time::Duration;

use client::Key;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use tokio::time::{Instant, advance};

use super::Queue;
use crate::testing::{demand, pod, pod_with};

fn key(name: &str) -> Key {
    Key::new("default", name)
}

fn pop(queue: &mut Queue) -> Option<String> {
    queue.pop(Instant::now()).map(|demand| demand.key().name)
}

fn set(queue: &mut Queue, pod: Arc<Pod>) {
    queue.set(demand(pod), Instant::now());
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[tokio::test(start_paused = true)]
async fn the_important_come_first_then_the_older() {
    let mut queue = Queue::default();
    let created = |text: &str, time: &str| {
        let mut pod = pod(text).as_ref().clone();
        let meta = serde_json::from_value(json!({"creationTimestamp": time})).unwrap();
        let other: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta = meta;
        pod.metadata.creation_timestamp = other.creation_timestamp;
        Arc::new(pod)
    };
    set(&mut queue, created("young", "2026-01-01T00:00:02Z"));
    set(&mut queue, created("old", "2026-01-01T00:00:01Z"));
    set(&mut queue, created("vip priority=10", "2026-01-01T00:00:03Z"));
    set(&mut queue, created("low priority=-1", "2026-01-01T00:00:00Z"));
    let order: Vec<_> = std::iter::from_fn(|| pop(&mut queue)).collect();
    assert_eq!(order, ["vip", "old", "young", "low"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_pod_waits_for_a_change_and_its_back_off() {
    let mut queue = Queue::default();
    set(&mut queue, pod("p"));
    for wait in [1, 2, 4, 8, 10, 10] {
        assert_eq!(pop(&mut queue).as_deref(), Some("p"));
        queue.refuse(&key("p"), Instant::now());
        assert_eq!(pop(&mut queue), None, "nothing has changed");
        queue.retry_all(Instant::now());
        assert_eq!(pop(&mut queue), None, "it backs off");
        assert_eq!(queue.next_wake(), Some(Instant::now() + seconds(wait)));
        advance(seconds(wait)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_after_the_back_off_helps_at_once() {
    let mut queue = Queue::default();
    set(&mut queue, pod("p"));
    pop(&mut queue);
    queue.refuse(&key("p"), Instant::now());
    advance(seconds(2)).await;
    queue.retry_all(Instant::now());
    assert_eq!(pop(&mut queue).as_deref(), Some("p"));
}

#[tokio::test(start_paused = true)]
async fn a_refused_pod_is_tried_again_after_five_minutes() {
    let mut queue = Queue::default();
    set(&mut queue, pod("p"));
    pop(&mut queue);
    queue.refuse(&key("p"), Instant::now());
    assert_eq!(queue.next_wake(), Some(Instant::now() + seconds(300)));
    advance(seconds(300)).await;
    assert_eq!(pop(&mut queue).as_deref(), Some("p"));
}

#[tokio::test(start_paused = true)]
async fn only_a_pod_that_asks_otherwise_gets_a_new_chance() {
    let mut queue = Queue::default();
    set(&mut queue, pod("p cpu=1"));
    pop(&mut queue);
    queue.refuse(&key("p"), Instant::now());
    advance(seconds(2)).await;
    let mut said = pod("p cpu=1").as_ref().clone();
    said.status = serde_json::from_value(json!({"phase": "Pending"})).unwrap();
    set(&mut queue, Arc::new(said));
    assert_eq!(pop(&mut queue), None, "that was the scheduler's own word");
    set(&mut queue, pod_with("p cpu=1", json!({"tolerations": [{"operator": "Exists"}]})));
    assert_eq!(pop(&mut queue).as_deref(), Some("p"));
}

#[tokio::test(start_paused = true)]
async fn a_failed_binding_is_retried_after_the_back_off() {
    let mut queue = Queue::default();
    set(&mut queue, pod("p"));
    pop(&mut queue);
    queue.retry(&key("p"), "another", Instant::now());
    assert_eq!(queue.next_wake(), None, "that was another pod of the name");
    queue.retry(&key("p"), "p", Instant::now());
    assert_eq!(pop(&mut queue), None);
    advance(seconds(1)).await;
    assert_eq!(pop(&mut queue).as_deref(), Some("p"));
    assert!(queue.remove(&key("p")));
    queue.retry(&key("p"), "p", Instant::now());
    assert_eq!(queue.next_wake(), None);
}
