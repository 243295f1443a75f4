//! What becomes of objects whose owners go.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::borrow::Cow;

use client::{Change, Resource};
use expect_test::{Expect, expect};
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::*;

fn meta(value: Value) -> Meta {
    serde_json::from_value(json!({ "metadata": value })).unwrap()
}

fn target(name: &str) -> Target {
    Target { resource: Resource::of::<Pod>(), key: Key::new("n", name) }
}

fn reference(uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: "apps/v1".to_owned(),
        kind: "ReplicaSet".to_owned(),
        name: uid.to_owned(),
        uid: uid.to_owned(),
        block_owner_deletion: Some(true),
        controller: None,
    }
}

fn absent(name: &str) -> Owner {
    Owner::Absent(Target { resource: Resource::of::<ReplicaSet>(), key: Key::new("n", name) })
}

fn dependent(owner: &str) -> Dependent {
    let meta =
        ObjectMeta { owner_references: Some(vec![reference(owner)]), ..ObjectMeta::default() };
    Dependent { target: target("child"), meta }
}

fn check(object: Value, owners: &[(&str, Owner)], dependents: Vec<Dependent>, expect: Expect) {
    let mut object = object;
    object["name"] = json!("a");
    object["uid"] = json!("a");
    let owners = owners.iter().map(|(uid, owner)| (reference(uid), owner.clone())).collect();
    let object = Arc::new(meta(object));
    let incomplete = false;
    let snapshot = Snapshot { target: target("a"), object, owners, dependents, incomplete };
    expect.assert_eq(&reconcile(&snapshot).to_string());
}

#[test]
fn an_object_with_an_owner_stays() {
    check(json!({}), &[("x", Owner::Solid)], vec![], expect![[""]]);
}

#[test]
fn an_owner_of_an_unknown_kind_is_looked_at_again() {
    check(
        json!({}),
        &[("x", Owner::Unknown)],
        vec![],
        expect![[r#"
        again in 15s
    "#]],
    );
}

#[test]
fn an_object_whose_owner_is_gone_goes_after_asking_the_server() {
    check(
        json!({}),
        &[("x", absent("x"))],
        vec![],
        expect![[r#"
        require no replicaset x
        delete pod a
    "#]],
    );
}

#[test]
fn a_lost_owner_is_struck_while_another_is_left() {
    check(
        json!({}),
        &[("x", absent("x")), ("y", Owner::Solid)],
        vec![],
        expect![[r#"
        require no replicaset x
        patch pod a {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"kind":"ReplicaSet","name":"y","uid":"y"}]}}
    "#]],
    );
}

#[test]
fn dependents_of_a_waiting_owner_go_and_theirs_before_them() {
    check(
        json!({}),
        &[("x", Owner::Waiting)],
        vec![],
        expect![[r#"
        delete pod a
    "#]],
    );
    check(
        json!({}),
        &[("x", Owner::Waiting)],
        vec![dependent("a")],
        expect![[r#"
        delete pod a foreground
    "#]],
    );
}

#[test]
fn a_waiting_object_goes_when_nothing_holds_it_up() {
    let waiting = json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["foregroundDeletion", "z"]});
    check(waiting.clone(), &[], vec![dependent("a")], expect![[""]]);
    check(
        waiting,
        &[],
        vec![],
        expect![[r#"
        patch pod a {"metadata":{"finalizers":["z"]}}
    "#]],
    );
}

#[test]
fn orphans_forget_their_owner_before_it_goes() {
    let orphaning = json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["orphan"]});
    check(
        orphaning.clone(),
        &[],
        vec![dependent("a")],
        expect![[r#"
        patch pod child {"metadata":{"ownerReferences":[]}}
    "#]],
    );
    check(
        orphaning,
        &[],
        vec![],
        expect![[r#"
        patch pod a {"metadata":{"finalizers":[]}}
    "#]],
    );
}

#[test]
fn nothing_is_orphaned_while_dependents_may_be_unknown() {
    let object = Arc::new(meta(json!({
        "name": "a", "uid": "a", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["orphan"],
    })));
    let (owners, dependents) = (vec![], vec![dependent("a")]);
    let incomplete = true;
    let snapshot = Snapshot { target: target("a"), object, owners, dependents, incomplete };
    assert_eq!(reconcile(&snapshot).to_string(), "again in 1s\n");
}

#[test]
fn an_owner_that_cannot_be_one_is_reported_and_changes_nothing() {
    check(
        json!({}),
        &[("x", Owner::Invalid)],
        vec![],
        expect![[r#"
        event Warning OwnerRefInvalidNamespace: ownerRef [apps/v1/ReplicaSet, namespace: , name: x, uid: x] does not exist in namespace ""
    "#]],
    );
}

#[test]
fn a_change_concerns_the_dependents_of_what_goes_and_the_owner_that_waits() {
    let index = Dependents::default();
    let set = Resource { plural: Cow::Borrowed("replicasets"), ..Resource::of::<ReplicaSet>() };
    let owner = |extra: Value| {
        let mut value = json!({"name": "x", "namespace": "n", "uid": "x"});
        for (name, field) in extra.as_object().unwrap() {
            value[name] = field.clone();
        }
        Some(Arc::new(meta(value)))
    };
    let names = |resource: &Resource, change: &Change<Meta>| {
        index.note(resource, change);
        let targets = index.concerned(resource, change);
        targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let child = Arc::new(meta(json!({
        "name": "a", "namespace": "n", "uid": "a", "ownerReferences": [reference("x")],
    })));
    let pods = Resource::of::<Pod>();

    let created = Change { old: None, new: Some(Arc::clone(&child)) };
    assert_eq!(names(&pods, &created), "pod a");
    let known = Change { old: None, new: owner(json!({})) };
    assert_eq!(names(&set, &known), "");
    let deletion =
        json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["foregroundDeletion"]});
    let waits = Change { old: owner(json!({})), new: owner(deletion) };
    assert_eq!(names(&set, &waits), "replicaset x, pod a, pod a");
    let gone = Change { old: Some(child), new: None };
    assert_eq!(names(&pods, &gone), "replicaset x");
}

#[test]
fn a_namesake_that_took_an_owners_place_concerns_the_dependents_of_that() {
    let index = Dependents::default();
    let child = Arc::new(meta(json!({
        "name": "a", "namespace": "n", "uid": "a", "ownerReferences": [reference("one")],
    })));
    let created = Change { old: None, new: Some(child) };
    index.note(&Resource::of::<Pod>(), &created);
    let set = |uid: &str| Some(Arc::new(meta(json!({"name": "x", "namespace": "n", "uid": uid}))));
    let replaced = Change { old: set("one"), new: set("two") };
    let resource = Resource::of::<ReplicaSet>();
    index.note(&resource, &replaced);
    assert_eq!(index.concerned(&resource, &replaced), [target("a")]);
    let changed = Change { old: set("one"), new: set("one") };
    assert_eq!(index.concerned(&resource, &changed), []);
}
