//! The schemas and levels every cluster has, as Kubernetes has them.

use serde_json::{Value, json};

const LEADER_VERBS: &[&str] = &["get", "create", "update"];
const EVERYBODY: &[Who] =
    &[Who::Group("system:unauthenticated"), Who::Group("system:authenticated")];
const KUBE_SYSTEM: Who = Who::Account("kube-system", "*");
const CONTROLLER_MANAGER: Who = Who::User("system:kube-controller-manager");
const SCHEDULER: Who = Who::User("system:kube-scheduler");

/// Whom a schema is about.
#[derive(Clone, Copy)]
enum Who {
    User(&'static str),
    Group(&'static str),
    /// Namespace and name.
    Account(&'static str, &'static str),
}

impl Who {
    fn subject(self) -> Value {
        match self {
            Self::User(name) => json!({ "kind": "User", "user": { "name": name } }),
            Self::Group(name) => json!({ "kind": "Group", "group": { "name": name } }),
            Self::Account(namespace, name) => json!({
                "kind": "ServiceAccount",
                "serviceAccount": { "namespace": namespace, "name": name },
            }),
        }
    }
}

/// What the server cannot do without; changes to it are taken back.
pub(super) fn mandatory_levels() -> Vec<Value> {
    let exempt = json!({
        "type": "Exempt",
        "exempt": { "nominalConcurrencyShares": 0, "lendablePercent": 0 },
    });
    let catch_all = json!({
        "type": "Limited",
        "limited": {
            "nominalConcurrencyShares": 5,
            "lendablePercent": 0,
            "limitResponse": { "type": "Reject" },
        },
    });
    vec![level("exempt", exempt), level("catch-all", catch_all)]
}

/// What the server cannot do without; changes to it are taken back.
pub(super) fn mandatory_schemas() -> Vec<Value> {
    vec![
        schema("exempt", "exempt", 1, None, &[anything(&[Who::Group("system:masters")])]),
        schema("catch-all", "catch-all", 10_000, Some("ByUser"), &[anything(EVERYBODY)]),
    ]
}

/// What suits most clusters; administrators may change it.
pub(super) fn suggested_levels() -> Vec<Value> {
    vec![
        queued("system", 30, 33, 64, 6),
        queued("node-high", 40, 25, 64, 6),
        queued("leader-election", 10, 0, 16, 4),
        queued("workload-high", 40, 50, 128, 6),
        queued("workload-low", 100, 90, 128, 6),
        queued("global-default", 20, 50, 128, 6),
    ]
}

/// What suits most clusters; administrators may change it.
pub(super) fn suggested_schemas() -> Vec<Value> {
    let (by_user, by_namespace) = (Some("ByUser"), Some("ByNamespace"));
    let nodes = &[Who::Group("system:nodes")];
    let leases = || resources(LEADER_VERBS, "coordination.k8s.io", &["leases"], &["*"], false);
    let probes = json!({
        "subjects": subjects(EVERYBODY),
        "nonResourceRules": [{
            "verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"],
        }],
    });
    let system_leaders = json!({
        "subjects": subjects(&[CONTROLLER_MANAGER, SCHEDULER, KUBE_SYSTEM]),
        "resourceRules": [leases()],
    });
    let endpoint_controllers = json!({
        "subjects": subjects(&[
            CONTROLLER_MANAGER,
            Who::Account("kube-system", "endpoint-controller"),
            Who::Account("kube-system", "endpointslicemirroring-controller"),
        ]),
        "resourceRules": [resources(LEADER_VERBS, "", &["endpoints"], &["*"], false)],
    });
    let workload_leaders =
        json!({ "subjects": subjects(&[KUBE_SYSTEM]), "resourceRules": [leases()] });
    let node_status = json!({
        "subjects": subjects(nodes),
        "resourceRules": [
            resources(&["*"], "", &["nodes", "nodes/status"], &["*"], true),
            resources(&["*"], "coordination.k8s.io", &["leases"], &["*"], false),
        ],
    });
    vec![
        schema("probes", "exempt", 2, None, &[probes]),
        schema("system-leader-election", "leader-election", 100, by_user, &[system_leaders]),
        schema("endpoint-controller", "workload-high", 150, by_user, &[endpoint_controllers]),
        schema("workload-leader-election", "leader-election", 200, by_user, &[workload_leaders]),
        schema("system-node-high", "node-high", 400, by_user, &[node_status]),
        schema("system-nodes", "system", 500, by_user, &[anything(nodes)]),
        schema(
            "kube-controller-manager",
            "workload-high",
            800,
            by_namespace,
            &[anything(&[CONTROLLER_MANAGER])],
        ),
        schema("kube-scheduler", "workload-high", 800, by_namespace, &[anything(&[SCHEDULER])]),
        schema(
            "kube-system-service-accounts",
            "workload-high",
            900,
            by_namespace,
            &[anything(&[KUBE_SYSTEM])],
        ),
        schema(
            "service-accounts",
            "workload-low",
            9_000,
            by_user,
            &[anything(&[Who::Group("system:serviceaccounts")])],
        ),
        schema("global-default", "global-default", 9_900, by_user, &[anything(EVERYBODY)]),
    ]
}

fn queued(name: &str, shares: u32, lendable: u32, queues: u32, hand: u32) -> Value {
    let spec = json!({
        "type": "Limited",
        "limited": {
            "nominalConcurrencyShares": shares,
            "lendablePercent": lendable,
            "limitResponse": {
                "type": "Queue",
                "queuing": { "queues": queues, "handSize": hand, "queueLengthLimit": 50 },
            },
        },
    });
    level(name, spec)
}

fn level(name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "PriorityLevelConfiguration",
        "metadata": { "name": name },
        "spec": spec,
    })
}

fn schema(
    name: &str,
    level: &str,
    precedence: u32,
    distinguisher: Option<&str>,
    rules: &[Value],
) -> Value {
    let mut spec = json!({
        "priorityLevelConfiguration": { "name": level },
        "matchingPrecedence": precedence,
        "rules": rules,
    });
    if let Some(method) = distinguisher {
        spec["distinguisherMethod"] = json!({ "type": method });
    }
    json!({
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": { "name": name },
        "spec": spec,
    })
}

/// Whatever these do.
fn anything(who: &[Who]) -> Value {
    json!({
        "subjects": subjects(who),
        "resourceRules": [resources(&["*"], "*", &["*"], &["*"], true)],
        "nonResourceRules": [{ "verbs": ["*"], "nonResourceURLs": ["*"] }],
    })
}

fn subjects(who: &[Who]) -> Vec<Value> {
    who.iter().map(|who| who.subject()).collect()
}

fn resources(
    verbs: &[&str],
    group: &str,
    resources: &[&str],
    namespaces: &[&str],
    cluster_scope: bool,
) -> Value {
    let mut rule = json!({
        "verbs": verbs,
        "apiGroups": [group],
        "resources": resources,
        "namespaces": namespaces,
    });
    if cluster_scope {
        rule["clusterScope"] = true.into();
    }
    rule
}
