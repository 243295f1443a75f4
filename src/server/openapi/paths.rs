//! The paths of a kind, with what clients look up there: actions, kinds, media types, dry run.

use kinds::{Kind, Scope, Subresource, Verb};
use serde_json::{Map, Value, json};

use super::document::{list_name, reference};

/// Adds every path of a kind below `/api/v1` or `/apis/<group>/<version>`.
pub(super) fn add(paths: &mut Map<String, Value>, root: &str, kind: &dyn Kind) {
    let plural = &kind.names().plural;
    let base = match kind.scope() {
        Scope::Namespaced => format!("/{root}/namespaces/{{namespace}}/{plural}"),
        Scope::Cluster => format!("/{root}/{plural}"),
    };
    let verbs = kind.verbs();
    let has = |verb: Verb| verbs.contains(&verb);
    let mut collection = Map::new();
    let mut item = Map::new();
    let list = list_name(kind);
    if has(Verb::List) {
        collection.insert("get".into(), operation(kind, "list", &list, None));
    }
    if has(Verb::Create) {
        let own = kind.schema_name();
        collection.insert("post".into(), operation(kind, "post", own, Some(Body::Whole)));
    }
    if has(Verb::DeleteCollection) {
        let answer = operation(kind, "deletecollection", STATUS, None);
        collection.insert("delete".into(), answer);
    }
    for (verb, method, action, body) in ITEM_OPERATIONS {
        if has(*verb) {
            let answer = if *verb == Verb::Delete { STATUS } else { kind.schema_name() };
            item.insert((*method).into(), operation(kind, action, answer, *body));
        }
    }
    parameters(&mut collection, &base);
    paths.insert(base.clone(), collection.into());
    if has(Verb::List) && kind.scope() == Scope::Namespaced {
        let all = json!({ "get": operation(kind, "list", &list, None) });
        paths.insert(format!("/{root}/{plural}"), all);
    }
    if item.is_empty() {
        return;
    }
    let named = format!("{base}/{{name}}");
    parameters(&mut item, &named);
    paths.insert(named.clone(), item.into());
    for sub in kind.subresources() {
        let path = format!("{named}/{}", sub.name());
        let mut operations = subresource(kind, sub);
        parameters(&mut operations, &path);
        paths.insert(path, operations.into());
    }
}

const STATUS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";

/// What a request carries.
#[derive(Debug, Clone, Copy)]
enum Body {
    Whole,
    Patch,
}

const ITEM_OPERATIONS: &[(Verb, &str, &str, Option<Body>)] = &[
    (Verb::Get, "get", "get", None),
    (Verb::Update, "put", "put", Some(Body::Whole)),
    (Verb::Patch, "patch", "patch", Some(Body::Patch)),
    (Verb::Delete, "delete", "delete", None),
];

fn subresource(kind: &dyn Kind, sub: &Subresource) -> Map<String, Value> {
    let carries = sub.carries(kind.names());
    let names = kind.names();
    let own = carries.group == names.group && carries.kind == names.kind;
    let known = || kinds::schemas().by_gvk(&carries.group, &carries.version, &carries.kind);
    let definition = if own {
        Some(kind.schema_name())
    } else {
        known().map(|definition| definition.name.as_str())
    };
    let mut operations = Map::new();
    let Some(definition) = definition else { return operations };
    for verb in sub.verbs() {
        let (method, action, body) = match verb {
            Verb::Get => ("get", "get", None),
            Verb::Create => ("post", "post", Some(Body::Whole)),
            Verb::Update => ("put", "put", Some(Body::Whole)),
            Verb::Patch => ("patch", "patch", Some(Body::Patch)),
            _ => continue,
        };
        let mut operation = operation(kind, action, definition, body);
        operation["x-kubernetes-group-version-kind"] = json!({
            "group": carries.group, "version": carries.version, "kind": carries.kind,
        });
        operations.insert(method.into(), operation);
    }
    operations
}

fn operation(kind: &dyn Kind, action: &str, answer: &str, body: Option<Body>) -> Value {
    let names = kind.names();
    let mut operation = json!({
        "tags": [tag(kind)],
        "parameters": query(action),
        "responses": { "200": { "description": "OK", "content": {
            "application/json": { "schema": reference(answer) },
            "application/yaml": { "schema": reference(answer) },
        }}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {
            "group": names.group, "version": names.version, "kind": names.kind,
        },
    });
    match body {
        Some(Body::Whole) => {
            let schema = reference(answer);
            operation["requestBody"] = json!({ "required": true, "content": {
                "application/json": { "schema": schema },
                "application/yaml": { "schema": schema },
            }});
            if kind.structural().is_none() {
                let content = &mut operation["requestBody"]["content"];
                content["application/vnd.kubernetes.protobuf"] = json!({ "schema": schema });
            }
        }
        Some(Body::Patch) => {
            let schema = reference("io.k8s.apimachinery.pkg.apis.meta.v1.Patch");
            let media = [
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/strategic-merge-patch+json",
                "application/apply-patch+yaml",
            ];
            // Kinds made at run time have no merge keys.
            let media =
                media.iter().filter(|m| !m.contains("strategic") || kind.structural().is_none());
            let content: Map<String, Value> =
                media.map(|m| ((*m).to_owned(), json!({ "schema": schema }))).collect();
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
        None => {}
    }
    operation
}

fn tag(kind: &dyn Kind) -> String {
    let names = kind.names();
    let group = names.group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
    format!("{group}_{}", names.version)
}

fn query(action: &str) -> Value {
    let names: &[&str] = match action {
        "post" | "put" => &["dryRun", "fieldManager", "fieldValidation", "pretty"],
        "patch" => &["dryRun", "fieldManager", "fieldValidation", "force", "pretty"],
        "delete" => &["dryRun", "gracePeriodSeconds", "propagationPolicy", "pretty"],
        "list" | "deletecollection" => &[
            "allowWatchBookmarks",
            "continue",
            "fieldSelector",
            "labelSelector",
            "limit",
            "resourceVersion",
            "resourceVersionMatch",
            "sendInitialEvents",
            "timeoutSeconds",
            "watch",
        ],
        _ => &["pretty"],
    };
    let parameters = names.iter().map(|name| {
        let kind = match *name {
            "allowWatchBookmarks" | "force" | "sendInitialEvents" | "watch" => "boolean",
            "gracePeriodSeconds" | "limit" | "timeoutSeconds" => "integer",
            _ => "string",
        };
        json!({ "name": name, "in": "query", "schema": { "type": kind, "uniqueItems": true } })
    });
    parameters.collect()
}

/// The variables of a path.
fn parameters(operations: &mut Map<String, Value>, path: &str) {
    let variables =
        ["namespace", "name"].into_iter().filter(|v| path.contains(&format!("{{{v}}}")));
    let parameters: Vec<Value> = variables
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    if !parameters.is_empty() {
        operations.insert("parameters".into(), parameters.into());
    }
}
