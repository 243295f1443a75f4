use expect_test::expect;
use serde_json::{Value, json};

use super::FlowSchema;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema", "metadata": {"name": "devs",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"priorityLevelConfiguration": {"name": "low"},
        "distinguisherMethod": {"type": "ByUser"}, "rules": [{"subjects": [{"kind": "Group",
        "group": {"name": "devs"}}], "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"],
        "resources": ["*"], "namespaces": ["*"]}], "nonResourceRules": [{"verbs": ["get"],
        "nonResourceURLs": ["/healthz"]}]}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/matchingPrecedence", json!(-1)),
        ("/spec/matchingPrecedence", json!(20000)),
        ("/spec/matchingPrecedence", json!(1)),
        ("/spec/distinguisherMethod/type", json!("Magic")),
        ("/spec/priorityLevelConfiguration/name", json!("No!")),
        ("/spec/rules/0/subjects", json!([])),
        ("/spec/rules/0/subjects/0", json!({"kind": "Magic"})),
        ("/spec/rules/0/subjects/0", json!({"kind": "User", "group": {"name": "a"}})),
        (
            "/spec/rules/0/subjects/0",
            json!({"kind": "ServiceAccount", "serviceAccount": {"name": "No!"}}),
        ),
        ("/spec/rules/0/resourceRules/0/verbs", json!(["magic"])),
        ("/spec/rules/0/resourceRules/0/verbs", json!(["*", "get"])),
        ("/spec/rules/0/resourceRules/0/namespaces", json!([])),
        ("/spec/rules/0/resourceRules/0/namespaces", json!(["No!"])),
        ("/spec/rules/0/resourceRules/0/namespaces", json!(["*", "a"])),
        (
            "/spec/rules/0/nonResourceRules/0/nonResourceURLs",
            json!(["", "a", "/a b", "/a//b", "/*/a", "/a/*"]),
        ),
        ("/spec/rules/0", json!({"subjects": [{"kind": "Group", "group": {"name": "devs"}}]})),
    ];
    expect![[r#"
        no /spec/distinguisherMethod/type
            spec.distinguisherMethod.type: Unsupported value: "": supported values: "ByNamespace", "ByUser"
        no /spec/priorityLevelConfiguration
            spec.priorityLevelConfiguration.name: Required value: must reference a priority level
        no /spec/priorityLevelConfiguration/name
            spec.priorityLevelConfiguration.name: Required value: must reference a priority level
        no /spec/rules/0/nonResourceRules/0/nonResourceURLs
            spec.rules[0].nonResourceRules[0].nonResourceURLs: Required value: nonResourceURLs must contain at least one value
        no /spec/rules/0/nonResourceRules/0/verbs
            spec.rules[0].nonResourceRules[0].verbs: Required value: verbs must contain at least one value
        no /spec/rules/0/resourceRules/0/apiGroups
            spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group
        no /spec/rules/0/resourceRules/0/resources
            spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource
        no /spec/rules/0/resourceRules/0/verbs
            spec.rules[0].resourceRules[0].verbs: Required value: verbs must contain at least one value
        no /spec/rules/0/subjects
            spec.rules[0].subjects: Required value: subjects must contain at least one value
        no /spec/rules/0/subjects/0/group/name
            spec.rules[0].subjects[0].group.name: Required value
        no /spec/rules/0/subjects/0/kind
            spec.rules[0].subjects[0].kind: Unsupported value: "": supported values: "Group", "ServiceAccount", "User"
        /spec/matchingPrecedence = -1
            spec.matchingPrecedence: Invalid value: -1: must be a positive value
        /spec/matchingPrecedence = 20000
            spec.matchingPrecedence: Invalid value: 20000: must not be greater than 10000
        /spec/matchingPrecedence = 1
            spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1
        /spec/distinguisherMethod/type = "Magic"
            spec.distinguisherMethod.type: Unsupported value: "Magic": supported values: "ByNamespace", "ByUser"
        /spec/priorityLevelConfiguration/name = "No!"
            spec.priorityLevelConfiguration.name: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/rules/0/subjects = []
            spec.rules[0].subjects: Required value: subjects must contain at least one value
        /spec/rules/0/subjects/0 = {"kind":"Magic"}
            spec.rules[0].subjects[0].kind: Unsupported value: "Magic": supported values: "Group", "ServiceAccount", "User"
        /spec/rules/0/subjects/0 = {"group":{"name":"a"},"kind":"User"}
            spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'
            spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'
        /spec/rules/0/subjects/0 = {"kind":"ServiceAccount","serviceAccount":{"name":"No!"}}
            spec.rules[0].subjects[0].serviceAccount.name: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account
        /spec/rules/0/resourceRules/0/verbs = ["magic"]
            spec.rules[0].resourceRules[0].verbs: Unsupported value: ["magic"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"
        /spec/rules/0/resourceRules/0/verbs = ["*","get"]
            spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs
        /spec/rules/0/resourceRules/0/namespaces = []
            spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace
        /spec/rules/0/resourceRules/0/namespaces = ["No!"]
            spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "No!": each member of this list must be '*' or a DNS-1123 label; a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
        /spec/rules/0/resourceRules/0/namespaces = ["*","a"]
            spec.rules[0].resourceRules[0].namespaces: Invalid value: ["*","a"]: if '*' is present, must not specify other namespaces
        /spec/rules/0/nonResourceRules/0/nonResourceURLs = ["","a","/a b","/a//b","/*/a","/a/*"]
            spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "": must not be empty
            spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "a": must start with slash
            spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a b": must not contain white-space
            spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a//b": must not contain double slash
            spec.rules[0].nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/*/a": wildcard can only do suffix matching
        /spec/rules/0 = {"subjects":[{"group":{"name":"devs"},"kind":"Group"}]}
            spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty
    "#]].assert_eq(&refusals(&FlowSchema, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: devs
        PriorityLevel: low
        MatchingPrecedence: 1000
        DistinguisherMethod: ByUser
        Age: 4m5s
        MissingPL: ?
    "]]
    .assert_eq(&row(&FlowSchema, &admitted(&FlowSchema, valid())));
}
