//! What both kinds of bindings share: a role, and who has it.

use machinery::{FieldErrors, FieldPath, names};
use serde_json::Value;

use super::GROUP;
use crate::column::Column;
use crate::fill::{default, items_mut, object};
use crate::kind::Scope;
use crate::read::{items, text};

pub(super) static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Role", "The role that is given.", |binding, _| {
        let role = &binding["roleRef"];
        format!("{}/{}", text(role, "kind"), text(role, "name")).into()
    }),
    Column::AGE,
    Column::wide("Users", "The users that have it.", |binding, _| subjects(binding, "User").into()),
    Column::wide("Groups", "The groups that have it.", |binding, _| {
        subjects(binding, "Group").into()
    }),
    Column::wide("ServiceAccounts", "The accounts of pods that have it.", |binding, _| {
        subjects(binding, ACCOUNT).into()
    }),
];

const ACCOUNT: &str = "ServiceAccount";

fn subjects(binding: &Value, kind: &str) -> String {
    let wanted = items(binding, "subjects").filter(|subject| text(subject, "kind") == kind);
    let names = wanted.map(|subject| match kind {
        ACCOUNT => format!("{}/{}", text(subject, "namespace"), text(subject, "name")),
        _ => text(subject, "name").to_owned(),
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Users, groups and roles are of this group.
pub(super) fn fill(binding: &mut Value) {
    if let Some(role) = object(binding, "roleRef") {
        default(role, "apiGroup", GROUP);
    }
    for subject in items_mut(binding, "subjects") {
        if matches!(text(subject, "kind"), "User" | "Group") {
            default(subject, "apiGroup", GROUP);
        }
    }
}

pub(super) fn validate(binding: &Value, scope: Scope, errors: &FieldErrors) {
    let (role, path) = (&binding["roleRef"], errors.at("roleRef"));
    if text(role, "apiGroup") != GROUP {
        path.not_supported("apiGroup", text(role, "apiGroup"), &[GROUP]);
    }
    let kinds: &[&str] = match scope {
        Scope::Namespaced => &["ClusterRole", "Role"],
        Scope::Cluster => &["ClusterRole"],
    };
    if !kinds.contains(&text(role, "kind")) {
        path.not_supported("kind", text(role, "kind"), kinds);
    }
    match text(role, "name") {
        "" => path.required("name", ""),
        name => path.check("name", name, names::path_segment(name)),
    }
    for (index, subject) in items(binding, "subjects").enumerate() {
        validate_subject(subject, &errors.at("subjects").index(index));
    }
}

fn validate_subject(subject: &Value, path: &FieldPath<'_>) {
    let (name, group) = (text(subject, "name"), text(subject, "apiGroup"));
    if name.is_empty() {
        path.required("name", "");
    }
    let kind = text(subject, "kind");
    match kind {
        ACCOUNT => {
            if !name.is_empty() {
                path.check("name", name, names::dns1123_subdomain(name));
            }
            if !group.is_empty() {
                path.not_supported("apiGroup", group, &[""]);
            }
            if text(subject, "namespace").is_empty() {
                path.required("namespace", "");
            }
        }
        "User" | "Group" if group != GROUP => path.not_supported("apiGroup", group, &[GROUP]),
        "User" | "Group" => {}
        _ => path.not_supported("kind", kind, &["Group", ACCOUNT, "User"]),
    }
}

pub(super) fn validate_update(new: &Value, old: &Value, errors: &FieldErrors) {
    if new["roleRef"] != old["roleRef"] {
        errors.root().invalid("roleRef", new["roleRef"].clone(), "cannot change roleRef");
    }
}
