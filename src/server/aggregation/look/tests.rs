use super::*;

#[test]
fn a_list_of_resources_says_the_same_in_the_other_style() {
    let list = json!({"resources": [
        {
            "name": "fishes", "singularName": "fish", "namespaced": true, "kind": "Fish",
            "verbs": ["get", "list"], "shortNames": ["f"],
        },
        {"name": "fishes/status", "singularName": "", "namespaced": true, "kind": "Fish", "verbs": ["get"]},
        {
            "name": "fishes/scale", "singularName": "", "namespaced": true, "kind": "Scale",
            "group": "autoscaling", "version": "v1", "verbs": ["get"],
        },
        {"name": "ponds", "singularName": "pond", "namespaced": false, "kind": "Pond", "verbs": []},
    ]});
    let entry = entry("sea.example", "v1", &list);
    assert_eq!(
        entry,
        json!({"version": "v1", "resources": [
            {
                "resource": "fishes", "singularResource": "fish", "scope": "Namespaced",
                "responseKind": {"group": "sea.example", "version": "v1", "kind": "Fish"},
                "verbs": ["get", "list"], "shortNames": ["f"],
                "subresources": [
                    {
                        "subresource": "status", "verbs": ["get"],
                        "responseKind": {"group": "sea.example", "version": "v1", "kind": "Fish"},
                    },
                    {
                        "subresource": "scale", "verbs": ["get"],
                        "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
                    },
                ],
            },
            {
                "resource": "ponds", "singularResource": "pond", "scope": "Cluster",
                "responseKind": {"group": "sea.example", "version": "v1", "kind": "Pond"}, "verbs": [],
            },
        ]})
    );
}

#[test]
fn nonsense_is_an_empty_list() {
    for list in [json!(null), json!([]), json!({"resources": 7}), json!({"resources": [7, null]})] {
        assert_eq!(entry("g", "v1", &list)["version"], "v1");
    }
}

#[test]
fn a_long_list_takes_no_longer_than_its_length() {
    let resource = |number: usize, below: &str| json!({"name": format!("fishes{number}{below}")});
    let numbers = 0..50_000;
    let all = numbers.flat_map(|number| [resource(number, ""), resource(number, "/status")]);
    let list = json!({"resources": all.collect::<Vec<_>>()});
    let entry = entry("sea.example", "v1", &list);
    let resources = entry["resources"].as_array().unwrap();
    assert_eq!(resources.len(), 50_000);
    for shown in resources {
        assert_eq!(shown["subresources"][0]["subresource"], "status");
    }
}
