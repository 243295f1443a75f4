use std::sync::Mutex;

use super::*;
use crate::aggregation::route::{Known, Service};
use crate::aggregation::status::Verdict;

fn route(group: &str, version: &str, priorities: (i64, i64), known: Known) -> Arc<Route> {
    let service = Service { namespace: "n".to_owned(), name: "s".to_owned(), port: 443 };
    Arc::new(Route {
        name: format!("{version}.{group}"),
        group: group.to_owned(),
        version: version.to_owned(),
        group_priority: priorities.0,
        version_priority: priorities.1,
        uid: String::new(),
        spec: Value::Null,
        service,
        way: Err("not here".to_owned()),
        known: Mutex::new(known),
        doubt: Arc::default(),
    })
}

fn merge() -> Merge {
    let answers = Known {
        verdict: Some(Verdict::passed()),
        discovery: Some(json!({"version": "v1", "resources": [{"resource": "fishes"}]})),
        openapi: Some("/openapi/v3/apis/sea.example/v1?hash=A".to_owned()),
    };
    Merge::new(Arc::new(vec![
        route("sea.example", "v1beta1", (18_500, 5), Known::default()),
        route("sea.example", "v1", (100, 10), answers),
        route("apps", "v2", (17_800, 30), Known::default()),
    ]))
}

fn names(groups: &Value, pointer: &str) -> Vec<String> {
    let groups = groups.as_array().unwrap().iter();
    groups.map(|group| group.pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect()
}

#[test]
fn groups_and_versions_stand_where_their_priorities_put_them() {
    let own = |name: &str| {
        json!({
            "name": name, "versions": [{"groupVersion": format!("{name}/v1"), "version": "v1"}],
            "preferredVersion": {"groupVersion": format!("{name}/v1"), "version": "v1"},
        })
    };
    let own = |name: &str| own(name);
    let mut list = json!({"groups": [
        own("apiregistration.k8s.io"), own("apps"), own("batch"), own("z.example"),
    ]});
    merge().list(&mut list);
    assert_eq!(
        names(&list["groups"], "/name"),
        ["apiregistration.k8s.io", "sea.example", "apps", "batch", "z.example"]
    );
    assert_eq!(names(&list["groups"][1]["versions"], "/version"), ["v1", "v1beta1"]);
    assert_eq!(names(&list["groups"][2]["versions"], "/version"), ["v2", "v1"]);
    assert_eq!(list["groups"][2]["preferredVersion"]["version"], "v2");
    assert_eq!(list["groups"][3], own("batch"));
}

#[test]
fn what_does_not_answer_is_stale() {
    let mut document = json!({"items": [{"metadata": {"name": "batch"}, "versions": []}]});
    merge().aggregated(&mut document);
    assert_eq!(names(&document["items"], "/metadata/name"), ["sea.example", "apps", "batch"]);
    let versions = &document["items"][0]["versions"];
    assert_eq!(versions[0]["freshness"], "Current");
    assert_eq!(versions[0]["resources"][0]["resource"], "fishes");
    assert_eq!(versions[1], json!({"version": "v1beta1", "freshness": "Stale"}));
}

#[test]
fn a_group_of_its_own_and_documents_are_found() {
    assert_eq!(merge().group("batch", None), None);
    let group = merge().group("sea.example", None).unwrap();
    assert_eq!(group["kind"], "APIGroup");
    assert_eq!(group["preferredVersion"]["groupVersion"], "sea.example/v1");
    let mut index = json!({"paths": {}});
    merge().openapi(&mut index);
    assert_eq!(
        index["paths"]["apis/sea.example/v1"]["serverRelativeURL"],
        "/openapi/v3/apis/sea.example/v1?hash=A"
    );
}
