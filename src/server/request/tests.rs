use super::*;

fn check(method: &Method, url: &str, expected: &str) {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let query = Query::parse(Some(query)).unwrap();
    let found = match parse(method, path, &query) {
        Ok(None) => "no resource".to_owned(),
        Err(error) => error.code().to_string(),
        Ok(Some(target)) => {
            let verb = target.verb.as_str();
            let mut text =
                vec![format!("{verb} {}/{} {}", target.group, target.version, target.resource)];
            text.extend(target.namespace.map(|namespace| format!("in {namespace}")));
            text.extend(target.name.map(|name| format!("named {name}")));
            text.extend(target.subresource.map(|subresource| format!("its {subresource}")));
            text.join(" ")
        }
    };
    assert_eq!(found, expected, "{method} {url}");
}

#[test]
fn paths_of_objects_are_understood() {
    let get = &Method::GET;
    check(get, "/api/v1/pods", "list /v1 pods");
    check(get, "/api/v1/namespaces", "list /v1 namespaces");
    check(get, "/api/v1/namespaces/a", "get /v1 namespaces named a");
    check(
        &Method::PUT,
        "/api/v1/namespaces/a/finalize",
        "update /v1 namespaces named a its finalize",
    );
    check(get, "/api/v1/namespaces/a/pods", "list /v1 pods in a");
    check(get, "/api/v1/namespaces/a/pods/b", "get /v1 pods in a named b");
    check(get, "/api/v1/namespaces/a/pods/b/log?follow=true", "get /v1 pods in a named b its log");
    check(get, "/apis/apps/v1/deployments", "list apps/v1 deployments");
    check(
        get,
        "/apis/apps/v1/namespaces/a/deployments/b/status",
        "get apps/v1 deployments in a named b its status",
    );
    check(
        get,
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
        "get rbac.authorization.k8s.io/v1 clusterroles named system:node",
    );
    check(&Method::DELETE, "/api/v1/namespaces/a/pods", "deletecollection /v1 pods in a");
    check(&Method::POST, "/api/v1/namespaces/a/bindings", "create /v1 bindings in a");
    check(
        &Method::OPTIONS,
        "/api/v1/namespaces/a/pods/b/proxy/c/d",
        " /v1 pods in a named b its proxy",
    );
    check(&Method::TRACE, "/api/v1/namespaces/a/pods/b", "405");
}

#[test]
fn watches_are_asked_for_in_two_ways() {
    check(&Method::GET, "/api/v1/pods?watch=1", "watch /v1 pods");
    check(&Method::GET, "/api/v1/watch/namespaces/a/pods/b", "watch /v1 pods in a named b");
    // One object is not watched this way, but by a field selector.
    check(&Method::GET, "/api/v1/namespaces/a/pods/b?watch=true", "get /v1 pods in a named b");
}

#[test]
fn other_paths_are_left_to_others() {
    for path in
        ["/version", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/openapi/v3"]
    {
        check(&Method::GET, path, "no resource");
    }
    check(&Method::GET, "/api/v1/namespaces//pods", "404");
    check(&Method::GET, "/api/v1/namespaces/a/pods/b/c/d", "404");
    check(&Method::GET, "/api/v1/namespaces/a/pods/%ff", "400");
}
