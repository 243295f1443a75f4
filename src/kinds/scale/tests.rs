use serde_json::json;

use super::ScalePaths;

#[test]
fn a_scale_shows_counts_and_the_selector_as_text() {
    let object = json!({"metadata": {"name": "web", "namespace": "a", "labels": {"x": "y"}},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}}, "status": {"replicas": 2}});
    assert_eq!(
        ScalePaths::WORKLOAD.read(&object),
        json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web", "namespace": "a"},
            "spec": {"replicas": 3}, "status": {"replicas": 2, "selector": "app=web"}})
    );
}

#[test]
fn the_selector_may_be_a_map_of_labels() {
    let object = json!({"spec": {"selector": {"app": "web", "tier": "front"}}});
    let scale = ScalePaths::WORKLOAD.read(&object);
    assert_eq!(scale["status"]["selector"], "app=web,tier=front");
}

#[test]
fn writing_a_scale_changes_only_the_count() {
    let mut object = json!({"spec": {"replicas": 3, "paused": true}});
    ScalePaths::WORKLOAD.write(&mut object, &json!({"spec": {"replicas": 5}}));
    assert_eq!(object, json!({"spec": {"replicas": 5, "paused": true}}));
    ScalePaths::WORKLOAD.write(&mut object, &json!({"spec": {}}));
    assert_eq!(object["spec"]["replicas"], 0);
}
