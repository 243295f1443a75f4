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
