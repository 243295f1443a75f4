use std::collections::BTreeSet;

use super::*;

fn document(name: &str) -> Value {
    let role = roles().find(|role| role.name == name && role.namespace.is_none());
    role.unwrap_or_else(|| panic!("{name}")).document()
}

#[test]
fn every_binding_is_to_a_role_of_the_tables() {
    for binding in bindings() {
        let there = |role: &Role| role.name == binding.role && role.namespace == binding.namespace;
        assert!(roles().any(there), "{}", binding.name);
    }
}

#[test]
fn no_name_is_taken_twice() {
    let names: BTreeSet<_> = roles().map(|role| (role.namespace, role.name)).collect();
    assert_eq!(names.len(), roles().count());
    let names: BTreeSet<_> = bindings().map(|binding| (binding.namespace, binding.name)).collect();
    assert_eq!(names.len(), bindings().count());
}

#[test]
fn the_documents_are_valid() {
    let all = roles().map(Role::document).chain(bindings().map(Binding::document));
    for mut document in all {
        let kind = kinds::find_kind(RBAC[0], "v1", document["kind"].as_str().unwrap()).unwrap();
        let before = document.clone();
        kind.set_defaults(&mut document);
        assert_eq!(before, document, "defaults change what start-up would then find changed");
        let errors = machinery::FieldErrors::new();
        kinds::validate(kind, &document, &errors);
        assert!(errors.is_empty(), "{}: {errors}", document["metadata"]["name"]);
    }
}

#[test]
fn admin_has_what_edit_has_and_edit_what_view_has() {
    let rules = |name: &str| -> Vec<Rule> {
        serde_json::from_value(document(name)["rules"].clone()).unwrap()
    };
    let missing =
        |held: &str, wanted: &str| super::super::rules::missing(&rules(held), &rules(wanted));
    assert!(missing("admin", "edit").is_empty());
    assert!(missing("edit", "view").is_empty());
    assert!(!missing("view", "edit").is_empty());
    assert!(!missing("edit", "admin").is_empty());
    assert!(missing("cluster-admin", "system:kube-controller-manager").is_empty());
}

#[test]
fn view_does_not_see_secrets() {
    let rules = document("view")["rules"].to_string();
    assert!(rules.contains("\"configmaps\"") && !rules.contains("secrets"), "{rules}");
}

#[test]
fn the_tables_name_resources_that_exist() {
    // These are not served here, and clients may use the roles elsewhere.
    let others = [
        "bindings",
        "deployments/rollback",
        "nodes/configz",
        "nodes/healthz",
        "nodes/log",
        "nodes/metrics",
        "nodes/pods",
        "nodes/proxy",
        "nodes/stats",
        "pods/attach",
        "pods/exec",
        "pods/portforward",
        "pods/proxy",
        "services/proxy",
        "signers",
        "certificatesigningrequests/nodeclient",
        "certificatesigningrequests/selfnodeclient",
    ];
    for clause in roles().flat_map(|role| role.clauses) {
        for resource in clause.resources.iter().filter(|own| **own != "*" && !others.contains(own))
        {
            let (plural, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            let kinds = kinds::KINDS.iter().chain(kinds::METRICS).filter(|kind| {
                let names = kind.names();
                names.plural == plural && clause.groups.contains(&names.group.as_ref())
            });
            let known = kinds.flat_map(|kind| {
                let subresources = kind.subresources().iter().map(kinds::Subresource::name);
                subresources.chain([""])
            });
            assert!(known.into_iter().any(|own| own == subresource), "{resource} {clause:?}");
        }
    }
}
