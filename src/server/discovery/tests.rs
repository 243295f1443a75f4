use serde_json::json;

use super::*;

fn discovery() -> Groups<'static> {
    Groups::of(kinds::KINDS.iter().copied())
}

fn find<'a>(items: &'a Value, field: &str, name: &str) -> &'a Value {
    let items = items.as_array().unwrap();
    items.iter().find(|item| item[field] == name).unwrap_or_else(|| panic!("{name} is listed"))
}

#[test]
fn eviction_says_whose_kind_it_is() {
    let list = discovery().resource_list("", "v1").unwrap();
    let eviction = find(&list["resources"], "name", "pods/eviction");
    assert_eq!(eviction["group"], "policy");
    assert_eq!(eviction["version"], "v1");
    assert_eq!(eviction["kind"], "Eviction");
}

#[test]
fn a_subresource_of_its_own_kind_does_not_repeat_the_group() {
    let list = discovery().resource_list("apps", "v1").unwrap();
    assert_eq!(find(&list["resources"], "name", "deployments/status").get("group"), None);
}

#[test]
fn the_aggregated_style_holds_the_same_resources() {
    let discovery = discovery();
    let aggregated = discovery.aggregated(false, Style::V2);
    assert_eq!(aggregated["apiVersion"], "apidiscovery.k8s.io/v2");
    let apps = aggregated["items"].as_array().unwrap();
    let apps = apps.iter().find(|group| group["metadata"]["name"] == "apps").unwrap();
    let deployments = find(&apps["versions"][0]["resources"], "resource", "deployments");
    assert_eq!(deployments["shortNames"], json!(["deploy"]));
    assert_eq!(
        find(&deployments["subresources"], "subresource", "scale")["responseKind"]["group"],
        "autoscaling"
    );
}

#[test]
fn the_core_group_has_its_own_list_and_no_name() {
    let discovery = discovery();
    assert_eq!(discovery.core_versions()["versions"], json!(["v1"]));
    let groups = discovery.list();
    assert!(groups["groups"].as_array().unwrap().iter().all(|group| group["name"] != ""));
    assert!(discovery.group_document("").is_none());
    assert_eq!(
        discovery.group_document("apps").unwrap()["preferredVersion"]["groupVersion"],
        "apps/v1"
    );
}
