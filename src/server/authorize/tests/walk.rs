//! Nobody reads or writes what is not granted, whatever the kind, the verb and the subresource.

use kinds::{Kind, Scope, Verb};

use super::*;

/// What everybody may do who proved who they are.
const OPEN: &[&str] =
    &["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"];

struct Case {
    line: String,
    message: String,
}

/// Every request that a kind knows, with what somebody without grants is told.
fn cases(kind: &dyn Kind) -> Vec<Case> {
    let mut cases: Vec<Case> = kind.verbs().iter().map(|verb| case(kind, *verb, "")).collect();
    for subresource in kind.subresources() {
        let verbs = subresource.verbs().iter();
        cases.extend(verbs.map(|verb| case(kind, *verb, subresource.name())));
    }
    cases
}

fn case(kind: &dyn Kind, verb: Verb, subresource: &str) -> Case {
    let names = kind.names();
    let prefix = match names.group.as_ref() {
        "" => format!("/api/{}", names.version),
        group => format!("/apis/{group}/{}", names.version),
    };
    let (place, mut scope) = match kind.scope() {
        Scope::Namespaced => ("/namespaces/default", "in the namespace \"default\"".to_owned()),
        Scope::Cluster => ("", "at the cluster scope".to_owned()),
    };
    let collection = format!("{prefix}{place}/{}", names.plural);
    let (method, path, named) = match verb {
        Verb::Create if subresource.is_empty() => ("POST", collection, false),
        Verb::Create => ("POST", format!("{collection}/x"), true),
        Verb::Get => ("GET", format!("{collection}/x"), true),
        Verb::Update => ("PUT", format!("{collection}/x"), true),
        Verb::Patch => ("PATCH", format!("{collection}/x"), true),
        Verb::Delete => ("DELETE", format!("{collection}/x"), true),
        Verb::List => ("GET", collection, false),
        Verb::Watch => ("GET", format!("{collection}?watch=1"), false),
        Verb::DeleteCollection => ("DELETE", collection, false),
    };
    let (line, resource) = match subresource {
        "" => (format!("{method} {path}"), names.plural.to_string()),
        part => (format!("{method} {path}/{part}"), format!("{}/{part}", names.plural)),
    };
    if names.plural == "namespaces" && named {
        scope = "in the namespace \"x\"".to_owned();
    }
    let qualified = match names.group.as_ref() {
        "" => names.plural.to_string(),
        group => format!("{}.{group}", names.plural),
    };
    let name = if named { " \"x\"" } else { "" };
    let message = format!(
        "{qualified}{name} is forbidden: User \"nobody\" cannot {} resource {resource:?} in API \
         group \"{}\" {scope}",
        verb.as_str(),
        names.group
    );
    Case { line, message }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_open_that_is_not_granted() {
    let server = Fixture::new().await;
    let mut walked = 0;
    for kind in kinds::KINDS.iter().filter(|kind| !OPEN.contains(&kind.names().plural.as_ref())) {
        for case in cases(*kind) {
            let reply = ask(&server, user("nobody"), &case.line, &json!({})).await;
            assert_eq!(reply.failure(403, "Forbidden"), case.message, "{}", case.line);
            walked += 1;
        }
    }
    assert!(walked > 300, "only {walked}");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_forbidden_all_the_same() {
    let server = Fixture::new().await;
    let lines = [
        "GET /apis/example.dev/v1/things",
        "GET /api/v1/namespaces/absent/pods",
        "GET /api/v1/namespaces/default/pods/x/nothing",
        "POST /api/v1/namespaces/default/bindings",
        "GET /api/v1/namespaces/default/services/x/proxy/path",
    ];
    for line in lines {
        let reply = ask(&server, user("nobody"), line, &Value::Null).await;
        assert_eq!(reply.code, 403, "{line}");
    }
}
