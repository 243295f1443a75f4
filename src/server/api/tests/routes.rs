//! Every route that discovery names: how each failure looks, and that nobody passes without a permission.

mod grants;
mod rights;
mod shapes;

use http::Method;
use serde_json::Value;

use crate::testing::{Fixture, Reply};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// One resource, or one path below its objects.
#[derive(Debug, Clone)]
struct Route {
    group: String,
    version: String,
    resource: String,
    namespaced: bool,
    subresource: Option<String>,
    verbs: Vec<String>,
}

/// One thing a client may ask.
#[derive(Debug, Clone)]
struct Ask {
    verb: String,
    method: Method,
    path: String,
}

impl Route {
    /// Where the objects are.
    fn collection(&self) -> String {
        let root =
            if self.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", self.group) };
        let namespace = if self.namespaced { "/namespaces/default" } else { "" };
        format!("{root}/{}{namespace}/{}", self.version, self.resource)
    }

    /// Where an object of this name is, or what is below it.
    fn named(&self, name: &str) -> String {
        let below = self.subresource.as_ref().map(|below| format!("/{below}")).unwrap_or_default();
        format!("{}/{name}{below}", self.collection())
    }

    fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|own| own == verb)
    }

    /// Whether objects are kept, and not only answered.
    fn is_kept(&self) -> bool {
        self.subresource.is_none() && self.allows("get") && self.allows("create")
    }

    /// Everything that may be asked of it.
    fn asks(&self) -> Vec<Ask> {
        self.verbs.iter().map(|verb| self.ask(verb)).collect()
    }

    fn ask(&self, verb: &str) -> Ask {
        let (collection, named) = (self.collection(), self.named("x"));
        let (method, path) = match verb {
            "create" if self.subresource.is_some() => (Method::POST, named),
            "create" => (Method::POST, collection),
            "get" => (Method::GET, named),
            "list" => (Method::GET, collection),
            "watch" => (Method::GET, format!("{collection}?watch=true")),
            "update" => (Method::PUT, named),
            "patch" => (Method::PATCH, named),
            "delete" => (Method::DELETE, named),
            "deletecollection" => (Method::DELETE, collection),
            other => panic!("no such verb: {other}"),
        };
        Ask { verb: verb.to_owned(), method, path }
    }
}

/// Every route of the server.
async fn routes(server: &Fixture) -> Vec<Route> {
    let mut routes = Vec::new();
    for root in ["/api", "/apis"] {
        let found = server.ask(Method::GET, root, &[("accept", AGGREGATED)], "").await.expect(200);
        for group in list(&found["items"]) {
            for version in list(&group["versions"]) {
                for resource in list(&version["resources"]) {
                    add(
                        text(&group["metadata"]["name"]),
                        text(&version["version"]),
                        resource,
                        &mut routes,
                    );
                }
            }
        }
    }
    assert!(routes.len() > 100, "discovery names every route");
    routes
}

fn add(group: &str, version: &str, resource: &Value, routes: &mut Vec<Route>) {
    let route = |subresource: Option<&str>, verbs: &Value| Route {
        group: group.to_owned(),
        version: version.to_owned(),
        resource: text(&resource["resource"]).to_owned(),
        namespaced: resource["scope"] == "Namespaced",
        subresource: subresource.map(str::to_owned),
        verbs: list(verbs).iter().map(|verb| text(verb).to_owned()).collect(),
    };
    routes.push(route(None, &resource["verbs"]));
    for below in list(&resource["subresources"]) {
        routes.push(route(Some(text(&below["subresource"])), &below["verbs"]));
    }
}

/// Checks that an answer is a failure as every client expects it, and returns its document.
#[track_caller]
fn failed(reply: &Reply, code: u16, reason: &str, about: &str) -> Value {
    let told = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.code, code, "{about}: {told}");
    assert_eq!(reply.headers["content-type"], "application/json", "{about}");
    assert!(reply.headers.contains_key("audit-id"), "{about}");
    let status = reply.json();
    let fixed =
        [("kind", "Status"), ("apiVersion", "v1"), ("status", "Failure"), ("reason", reason)];
    for (field, value) in fixed {
        assert_eq!(status[field], value, "{about}: {told}");
    }
    assert_eq!(status["code"], code, "{about}: {told}");
    assert!(status["metadata"].is_object(), "{about}: {told}");
    assert_ne!(text(&status["message"]), "", "{about}");
    status
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
