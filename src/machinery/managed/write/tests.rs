//! Writers own what they change.

use serde_json::{Value, json};

use super::super::tests::{by, fields_of, shape};
use super::super::{ManagedFields, Operation, Reach, Shape, Versions, Write};

fn object(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "n", "uid": "u", "resourceVersion": "1"},
        "data": data})
}

fn writer(manager: &'static str) -> Write<'static> {
    Write {
        api_version: "v1",
        reach: Reach::Everything,
        shape: shape("", "ConfigMap"),
        ..by(manager)
    }
}

#[test]
fn who_creates_owns_everything_but_what_is_the_servers() {
    let managed = ManagedFields::created(&writer("kubectl-create"), &object(json!({"k": "1"})));
    assert_eq!(
        managed.encode(),
        json!([{
            "manager": "kubectl-create", "operation": "Update", "apiVersion": "v1",
            "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {".": {}, "f:k": {}}},
        }])
    );
    assert!(ManagedFields::created(&writer("a"), &json!({"metadata": {"name": "x"}})).is_empty());
}

#[test]
fn a_changed_field_moves_to_who_changed_it() {
    let old = object(json!({"k": "1", "l": "1"}));
    let new = object(json!({"k": "2", "m": "1"}));
    let mut managed = ManagedFields::created(&writer("ann"), &old);
    managed.update(&Write { now: "2026-02-02T00:00:00Z", ..writer("bob") }, &old, &new);
    assert_eq!(
        fields_of(&managed, "ann", Operation::Update),
        json!({"f:data": {}}),
        "the map itself"
    );
    assert_eq!(
        fields_of(&managed, "bob", Operation::Update),
        json!({"f:data": {"f:k": {}, "f:m": {}}})
    );
    let times: Vec<_> = managed.entries().iter().map(|entry| entry.time.as_deref()).collect();
    assert_eq!(times, [Some("2026-01-01T00:00:00Z"), Some("2026-02-02T00:00:00Z")]);
}

#[test]
fn a_manager_without_fields_is_gone() {
    let old = object(json!({"k": "1"}));
    let mut managed = ManagedFields::created(&writer("ann"), &old);
    let new = json!({"metadata": {"name": "a", "labels": {"x": "y"}}});
    managed.update(&writer("bob"), &old, &new);
    assert_eq!(fields_of(&managed, "ann", Operation::Update), Value::Null);
    managed.update(&writer("bob"), &new, &new);
    assert_eq!(managed.entries().len(), 1);
}

#[test]
fn a_write_owns_only_what_it_reaches() {
    let old = json!({"metadata": {"name": "p"}, "spec": {}});
    let new = json!({"metadata": {"name": "p", "labels": {"a": "1"}},
        "spec": {"hostNetwork": true}, "status": {"phase": "Running"}});
    let fields = |reach| {
        let write = Write { reach, shape: shape("", "Pod"), ..writer("a") };
        let mut managed = ManagedFields::default();
        managed.update(&write, &old, &new);
        fields_of(&managed, "a", Operation::Update)
    };
    let labels = json!({"f:labels": {".": {}, "f:a": {}}});
    assert_eq!(
        fields(Reach::AllButStatus),
        json!({"f:metadata": labels, "f:spec": {"f:hostNetwork": {}}})
    );
    assert_eq!(fields(Reach::Status), json!({"f:metadata": labels, "f:status": {"f:phase": {}}}));
    assert_eq!(fields(Reach::StatusAlone), json!({"f:status": {"f:phase": {}}}));
}

#[test]
fn subresources_and_versions_are_owners_apart() {
    let old = object(json!({"k": "1", "l": "1"}));
    let mut managed = ManagedFields::created(&writer("a"), &old);
    let new = object(json!({"k": "2", "l": "1"}));
    managed.update(&Write { subresource: "status", ..writer("a") }, &old, &new);
    assert_eq!(managed.entries().len(), 2);
    let next = object(json!({"k": "3", "l": "1"}));
    managed.update(&Write { subresource: "status", ..writer("a") }, &new, &next);
    assert_eq!(managed.entries().len(), 2);
}

/// A version in which `data` is called `binaryData`, and nothing else is served.
struct Renamed;

impl Versions for Renamed {
    fn shape(&self, api_version: &str) -> Option<Shape<'_>> {
        (api_version == "v0").then(|| shape("", "ConfigMap"))
    }

    fn convert(&self, document: &Value, api_version: &str) -> Option<Value> {
        let mut document = document.clone();
        let map = document.as_object_mut().filter(|_| api_version == "v0")?;
        if let Some(data) = map.remove("data") {
            map.insert("binaryData".to_owned(), data);
        }
        Some(document)
    }
}

#[test]
fn owners_speak_in_their_own_version() {
    let (old, new) = (object(json!({"k": "1", "l": "1"})), object(json!({"k": "2", "l": "1"})));
    let mut managed = ManagedFields::created(&writer("now"), &old);
    for (manager, version) in [("then", "v0"), ("long ago", "v-1")] {
        let renamed = Renamed.convert(&old, "v0").unwrap();
        let created =
            ManagedFields::created(&Write { api_version: version, ..writer(manager) }, &renamed);
        managed.entries.extend(created.entries);
    }
    managed.update(&Write { versions: &Renamed, ..writer("bob") }, &old, &new);
    let left = json!({".": {}, "f:l": {}});
    assert_eq!(fields_of(&managed, "now", Operation::Update), json!({"f:data": left}));
    assert_eq!(fields_of(&managed, "then", Operation::Update), json!({"f:binaryData": left}));
    assert_eq!(fields_of(&managed, "long ago", Operation::Update), Value::Null);
}
