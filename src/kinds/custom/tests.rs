use serde_json::json;

use super::*;

fn definition() -> Value {
    json!({
        "metadata": { "name": "crontabs.example.com" },
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": { "plural": "crontabs", "singular": "crontab", "kind": "CronTab", "listKind": "CronTabList", "shortNames": ["ct"] },
            "versions": [
                { "name": "v1", "served": true, "storage": true,
                  "schema": { "openAPIV3Schema": { "type": "object", "properties": {
                      "spec": { "type": "object", "properties": { "replicas": { "type": "integer", "default": 1 } } } } } },
                  "subresources": { "status": {}, "scale": {
                      "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas" } },
                  "additionalPrinterColumns": [
                      { "name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas" },
                      { "name": "Images", "type": "string", "jsonPath": ".spec.images[*]", "priority": 1 },
                      { "name": "Since", "type": "date", "jsonPath": ".spec.since" } ],
                  "selectableFields": [{ "jsonPath": ".spec.color" }] },
                { "name": "v1alpha1", "served": false, "storage": false, "deprecated": true,
                  "schema": { "openAPIV3Schema": { "type": "object" } } },
            ],
        },
        "status": { "acceptedNames": { "plural": "crontabs", "singular": "crontab", "kind": "CronTab", "listKind": "CronTabList", "shortNames": ["ct"] } },
    })
}

#[test]
fn a_definition_makes_a_kind_for_each_version() {
    let versions = custom_versions(&definition());
    let [v1, old] = versions.as_slice() else { panic!("two versions") };
    assert!(v1.served && v1.stored && !old.served && !old.stored);
    let kind = v1.kind.as_ref();
    assert_eq!(kind.names().api_version(), "example.com/v1");
    assert_eq!(kind.schema_name(), "com.example.v1.CronTab");
    assert_eq!(kind.storage().prefix, "/registry/example.com/crontabs");
    let names: Vec<_> = kind.subresources().iter().map(Subresource::name).collect();
    assert_eq!(names, ["status", "scale"]);
    assert_eq!(v1.kind.deprecation(), None);
    let told = "example.com/v1alpha1 CronTab is deprecated; use example.com/v1 CronTab";
    assert_eq!(old.kind.deprecation(), Some(told));
    let mut alone = definition();
    alone["spec"]["versions"][0]["served"] = false.into();
    let told = "example.com/v1alpha1 CronTab is deprecated";
    assert_eq!(custom_versions(&alone)[1].kind.deprecation(), Some(told));
}

#[test]
fn columns_show_what_paths_lead_to() {
    let versions = custom_versions(&definition());
    let now = "2026-01-02T03:04:05Z".parse().unwrap();
    let object = json!({ "metadata": { "name": "a" }, "spec": {
        "replicas": 3, "images": ["x", "y"], "since": "2026-01-02T03:00:05Z", "color": "red" } });
    let cells: Vec<Value> =
        versions[0].kind.columns().iter().map(|column| column.cell(&object, now)).collect();
    assert_eq!(cells, [json!("a"), json!(3), json!("x y"), json!("4m")]);
    let nothing = json!({ "metadata": { "name": "a" } });
    let cells: Vec<Value> =
        versions[0].kind.columns().iter().map(|column| column.cell(&nothing, now)).collect();
    assert_eq!(cells, [json!("a"), Value::Null, Value::Null, Value::Null]);
    assert_eq!(versions[0].kind.selectable()[0].label, "spec.color");
    assert_eq!(versions[0].kind.selectable()[0].read(&object), "red");
    let headings: Vec<_> =
        versions[1].kind.columns().iter().map(|column| column.name.as_ref()).collect();
    assert_eq!(headings, ["Name", "Age"]);
}

#[test]
fn the_generation_counts_what_is_not_status() {
    let versions = custom_versions(&definition());
    let old = json!({ "metadata": { "a": 1 }, "spec": 1, "status": 1 });
    let with_status = json!({ "metadata": { "a": 2 }, "spec": 1, "status": 2 });
    assert!(!versions[0].kind.generation_changes(&with_status, &old));
    assert!(versions[1].kind.generation_changes(&with_status, &old));
}

#[test]
fn a_write_of_the_status_changes_nothing_else() {
    let versions = custom_versions(&definition());
    let old = json!({ "metadata": { "name": "a", "finalizers": ["hold"] }, "spec": 1 });
    let mut new = json!({
        "metadata": { "name": "a", "labels": { "a": "b" }, "ownerReferences": [{ "uid": "u" }] },
        "spec": 2, "status": { "replicas": 1 },
    });
    versions[0].kind.prepare_status_update(&mut new, &old);
    let mut expected = old.clone();
    expected["status"] = json!({ "replicas": 1 });
    assert_eq!(new, expected);
}

#[test]
fn names_are_given_to_the_first_who_asks() {
    let definition = definition();
    let free = decide_names(&definition, &[]);
    assert_eq!(free.conflict, None);
    assert_eq!(free.accepted, definition["spec"]["names"]);
    let rival = Rival { resources: vec!["ct".to_owned()], kinds: vec!["CronTabList".to_owned()] };
    let mut fresh = definition.clone();
    fresh["status"] = json!({});
    let decision = decide_names(&fresh, &[rival]);
    let (reason, message) = decision.conflict.clone().unwrap();
    assert_eq!(
        (reason, message.as_str()),
        ("ListKindConflict", "\"CronTabList\" is already in use")
    );
    assert_eq!(
        decision.accepted,
        json!({ "plural": "crontabs", "singular": "crontab", "kind": "CronTab" })
    );
    let status = decision.status(&fresh, "2026-01-01T00:00:00Z");
    let conditions: Vec<_> = status["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["type"].as_str().unwrap(),
                one["status"].as_str().unwrap(),
                one["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        conditions,
        [("NamesAccepted", "False", "ListKindConflict"), ("Established", "False", "NotAccepted")]
    );
    assert!(!decision.is_established(&fresh));
}

#[test]
fn a_condition_keeps_its_time_while_it_stays() {
    let definition = definition();
    let decision = decide_names(&definition, &[]);
    let mut once = definition.clone();
    once["status"] = decision.status(&definition, "2026-01-01T00:00:00Z");
    assert_eq!(decision.status(&once, "2027-01-01T00:00:00Z"), once["status"]);
    assert!(decision.is_established(&once));
}

#[test]
fn rules_are_not_asked_about_what_the_schema_refuses() {
    let definition = json!({ "metadata": { "name": "xs.example.com" },
        "spec": { "group": "example.com", "scope": "Cluster", "versions": [{ "name": "v1", "served": true, "storage": true,
            "schema": { "openAPIV3Schema": { "type": "object",
                "properties": { "a": { "type": "integer" }, "b": { "type": "string", "pattern": "^x" } },
                "x-kubernetes-validations": [{ "rule": "self.a > 1", "message": "a is small", "fieldPath": ".a" }] } } }] },
        "status": { "acceptedNames": { "kind": "X", "plural": "xs" } } });
    let kind = custom_versions(&definition).remove(0).kind;
    let problems = |object: &Value, old: Option<&Value>| {
        let errors = FieldErrors::new();
        match old {
            None => kind.validate(object, &errors),
            Some(old) => kind.validate_change(object, old, &errors),
        }
        errors.into_vec().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let small = json!({ "a": 1, "b": "y" });
    let found = problems(&small, None);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[1], "a: Invalid value: \"object\": a is small");
    let found = problems(&json!({ "a": "text" }), None);
    assert!(found[1].ends_with(UNASKED), "{found:?}");
    assert!(problems(&small, Some(&small)).is_empty());
}
