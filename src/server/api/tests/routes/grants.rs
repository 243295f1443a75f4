//! Each permission by itself: it opens what it says, and nothing else there is.

use std::collections::BTreeSet;

use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

use super::rights::{OF_ONESELF, spellings};
use super::routes;
use crate::User;
use crate::identity::Identity;
use crate::query::Query;
use crate::request::{self, Target};
use crate::testing::{Fixture, Reply};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// What RBAC may grant of what a request asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Permission {
    verb: String,
    group: String,
    /// With the subresource.
    resource: String,
    /// Empty for all.
    namespace: String,
}

impl Permission {
    fn of(target: &Target<'_>) -> Self {
        let below = target.subresource.map(|below| format!("/{below}")).unwrap_or_default();
        Self {
            verb: target.verb.as_str().to_owned(),
            group: target.group.to_owned(),
            resource: format!("{}{below}", target.resource),
            namespace: target.namespace.as_deref().unwrap_or_default().to_owned(),
        }
    }

    fn covers(&self, wanted: &Self) -> bool {
        let everywhere = self.namespace.is_empty() || self.namespace == wanted.namespace;
        let same = (&self.verb, &self.group, &self.resource)
            == (&wanted.verb, &wanted.group, &wanted.resource);
        same && everywhere
    }

    /// Whether both are about the same objects.
    fn is_beside(&self, other: &Self) -> bool {
        let object = |permission: &Self| permission.resource.split('/').next().map(str::to_owned);
        self.group == other.group && object(self) == object(other)
    }

    fn rule(&self) -> Value {
        json!({"verbs": [self.verb], "apiGroups": [self.group], "resources": [self.resource]})
    }

    /// What runs programs and opens connections needs more than to read.
    fn is_half(&self) -> bool {
        let below = self.resource.split_once('/').map_or("", |(_, below)| below);
        self.verb == "get" && ["attach", "exec", "portforward"].contains(&below)
    }
}

/// Gives a user of this name what one rule says, in a namespace or everywhere.
async fn grant(server: &Fixture, user: &str, namespace: &str, rule: &Value) {
    let (kind, path) = match namespace {
        "" => ("ClusterRole", format!("{RBAC}/clusterrole")),
        namespace => ("Role", format!("{RBAC}/namespaces/{namespace}/role")),
    };
    let (group, version) = ("rbac.authorization.k8s.io", "rbac.authorization.k8s.io/v1");
    let role = json!({
        "apiVersion": version, "kind": kind, "metadata": {"name": user}, "rules": [rule],
    });
    server.post(&format!("{path}s"), &role).await.expect(201);
    let binding = json!({
        "apiVersion": version, "kind": format!("{kind}Binding"), "metadata": {"name": user},
        "roleRef": {"apiGroup": group, "kind": kind, "name": user},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    });
    server.post(&format!("{path}bindings"), &binding).await.expect(201);
}

async fn ask(server: &Fixture, user: &str, method: &Method, path: &str) -> Reply {
    let request = Request::builder().method(method).uri(path).body(Full::default()).unwrap();
    server.send(User::new(user, &[]), request).await
}

/// Everything that may be asked, in a way that neither lasts nor deletes anything.
async fn everything(server: &Fixture) -> Vec<(Method, String)> {
    let mut asks = Vec::new();
    for route in routes(server).await {
        if OF_ONESELF.contains(&route.resource.as_str()) {
            continue;
        }
        for ask in spellings(&route) {
            let sign = if ask.path.contains('?') { '&' } else { '?' };
            let path = format!("{}{sign}timeoutSeconds=1&dryRun=All", ask.path);
            asks.push((ask.method, path));
        }
    }
    asks
}

#[tokio::test(start_paused = true)]
async fn a_permission_opens_what_it_says_and_nothing_else() {
    let server = Fixture::new().await;
    let asks = everything(&server).await;
    let queries: Vec<Query<'_>> = asks
        .iter()
        .map(|(_, path)| Query::parse(path.split_once('?').map(|(_, query)| query)).unwrap())
        .collect();
    let targets: Vec<Target<'_>> = asks
        .iter()
        .zip(&queries)
        .map(|((method, path), query)| {
            let path = path.split('?').next().unwrap();
            request::parse(method, path, query).unwrap().unwrap()
        })
        .collect();
    let wanted: Vec<Permission> = targets.iter().map(Permission::of).collect();
    let permissions: BTreeSet<&Permission> = wanted.iter().collect();
    assert!(permissions.len() > 500, "only {}", permissions.len());
    for (number, permission) in permissions.iter().enumerate() {
        let name = format!("user-{number}");
        grant(&server, &name, &permission.namespace, &permission.rule()).await;
        let identity = Identity::new(User::new(&name, &[]));
        for (index, (method, path)) in asks.iter().enumerate() {
            let about = || format!("{permission:?}: {method} {path}");
            let covered = permission.covers(&wanted[index]);
            let allowed = server
                .api
                .authorizer()
                .authorize(&identity, &targets[index], &queries[index])
                .await;
            assert_eq!(allowed.is_ok(), covered, "{}", about());
            if permission.is_beside(&wanted[index]) {
                let reply = ask(&server, &name, method, path).await;
                let opened = covered && !permission.is_half();
                let told = String::from_utf8_lossy(&reply.body);
                assert_eq!(reply.code != 403, opened, "{}: {told}", about());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn paths_that_are_no_resource_are_granted_one_by_one() {
    let server = Fixture::new().await;
    let guarded = [
        "/metrics",
        "/metrics/slis",
        "/statusz",
        "/flagz",
        "/healthz/ping",
        "/livez/etcd",
        "/readyz/shutdown",
        "/openid/v1/jwks",
        "/.well-known/openid-configuration",
        "/logs/",
        "/debug/pprof/",
        "/nothing",
    ];
    for (number, path) in guarded.iter().enumerate() {
        let name = format!("user-{number}");
        let rule = json!({"verbs": ["get"], "nonResourceURLs": [path]});
        grant(&server, &name, "", &rule).await;
        for other in guarded {
            let code = ask(&server, &name, &Method::GET, other).await.code;
            assert_eq!(code != 403, other == *path, "{path} lets see {other}: {code}");
        }
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD] {
            let code = ask(&server, &name, &method, path).await.code;
            assert_eq!(code, 403, "{path} lets {method}");
        }
        assert_eq!(ask(&server, "nobody", &Method::GET, path).await.code, 403);
    }
    // What holds all keys is no part of what roles open.
    let rule = json!({"verbs": ["*"], "nonResourceURLs": ["*"]});
    grant(&server, "reader", "", &rule).await;
    assert_ne!(ask(&server, "reader", &Method::GET, "/metrics").await.code, 403);
    assert_eq!(ask(&server, "reader", &Method::GET, "/isopod/v1/backup").await.code, 403);
}
