use machinery::{LabelSelector, Labels};

use super::*;

/// A role `name` that is labelled, gathers by label, and has one rule for a verb.
fn role(label: &str, gathers: Option<&str>, verb: &str) -> Arc<Role> {
    let gathers = gathers.map(|label| Box::from([LabelSelector::parse(label).unwrap()]));
    let labels = Labels::from([(label.to_owned(), String::new())]);
    let rule = Rule { verbs: [verb.into()].into(), ..Rule::default() };
    Arc::new(Role { rules: [rule].into(), labels, gathers })
}

fn verbs(roles: &HashMap<Arc<str>, Arc<Role>>, name: &str) -> Vec<String> {
    let rules = gathered(roles, &name.into());
    rules.iter().map(|rule| rule.verbs[0].to_string()).collect()
}

#[test]
fn roles_gather_through_each_other() {
    let roles = HashMap::from([
        ("admin".into(), role("none", Some("to-admin"), "own")),
        ("edit".into(), role("to-admin", Some("to-edit"), "own")),
        ("to-admin".into(), role("to-admin", None, "admin")),
        ("to-edit".into(), role("to-edit", None, "edit")),
        ("again".into(), role("to-edit", None, "edit")),
        ("other".into(), role("other", None, "other")),
    ]);
    assert_eq!(verbs(&roles, "admin"), ["edit", "admin"]);
    assert_eq!(verbs(&roles, "edit"), ["edit"]);
}

#[test]
fn roles_that_gather_each_other_end() {
    let roles = HashMap::from([
        ("one".into(), role("a", Some("b"), "own")),
        ("two".into(), role("b", Some("a"), "own")),
        ("leaf".into(), role("a", None, "leaf")),
    ]);
    assert_eq!(verbs(&roles, "one"), ["leaf"]);
    assert_eq!(verbs(&roles, "two"), ["leaf"]);
}
