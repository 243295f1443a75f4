//! Of many updaters the oldest become one.

use serde_json::json;

use super::super::tests::by;
use super::super::{Entry, FieldSet, ManagedFields, Operation, Write};
use super::{UPDATERS_MAX, fold_old_updates};
use crate::managed::Element;

fn entry(manager: usize, api_version: &str) -> Entry {
    let field = format!("f{manager:02}");
    Entry {
        manager: format!("m{manager:02}"),
        operation: Operation::Update,
        api_version: api_version.to_owned(),
        subresource: String::new(),
        time: Some(format!("2026-01-01T00:00:{manager:02}Z")),
        fields: FieldSet::of(&[Element::Field(field.into())]),
    }
}

fn managers(managed: &ManagedFields) -> Vec<&str> {
    managed.entries.iter().map(|entry| entry.manager.as_str()).collect()
}

#[test]
fn the_oldest_are_folded_until_ten_are_left() {
    let entries = (0..UPDATERS_MAX + 2).map(|manager| entry(manager, "v1")).collect();
    let mut managed = ManagedFields { entries };
    fold_old_updates(&mut managed);
    let names = managers(&managed);
    assert_eq!((names.len(), &names[..2]), (UPDATERS_MAX, &["ancient-changes", "m03"][..]));
    assert_eq!(managed.entries[0].fields.paths(), [".f00", ".f01", ".f02"]);
    assert_eq!(managed.entries[0].time.as_deref(), Some("2026-01-01T00:00:02Z"));
    managed.entries.push(entry(20, "v1"));
    fold_old_updates(&mut managed);
    assert_eq!(managers(&managed)[..2], ["ancient-changes", "m04"]);
}

#[test]
fn versions_are_folded_apart() {
    let entries =
        (0..=UPDATERS_MAX).map(|manager| entry(manager, if manager == 0 { "v0" } else { "v1" }));
    let mut managed = ManagedFields { entries: entries.collect() };
    fold_old_updates(&mut managed);
    assert_eq!(managers(&managed)[..3], ["m00", "ancient-changes", "m03"]);
}

#[test]
fn appliers_are_never_folded() {
    let applier = |manager| Entry { operation: Operation::Apply, ..entry(manager, "v1") };
    let mut managed = ManagedFields { entries: (0..30).map(applier).collect() };
    fold_old_updates(&mut managed);
    assert_eq!(managed.entries.len(), 30);
}

#[test]
fn many_writers_within_a_second_leave_one_entry_of_the_old() {
    let names: Vec<String> = (0..30).map(|index| format!("a{index}")).collect();
    let mut managed = ManagedFields::default();
    let mut old = json!({"metadata": {"name": "d"}});
    for name in &names {
        let mut new = old.clone();
        new["metadata"]["labels"][name] = "x".into();
        managed.update(&Write { manager: name, ..by("") }, &old, &new);
        old = new;
    }
    let ancient = managers(&managed).iter().filter(|name| **name == "ancient-changes").count();
    assert_eq!((ancient, managed.entries.len()), (1, UPDATERS_MAX));
}

#[test]
fn as_many_as_a_body_can_bring_are_folded_in_no_time() {
    let time = Some("2026-01-01T00:00:00Z".to_owned());
    let entry = |number: usize| Entry {
        manager: format!("m{number:06}"),
        fields: FieldSet::of(&[Element::Field(format!("f{number:06}").into())]),
        time: time.clone(),
        ..entry(0, "v1")
    };
    let mut managed = ManagedFields { entries: (0..30_000).map(entry).collect() };
    fold_old_updates(&mut managed);
    assert_eq!(managed.entries.len(), UPDATERS_MAX);
    assert_eq!(managed.entries[0].fields.paths().len(), 30_000 - UPDATERS_MAX + 1);
}
