//! Roles of the parts of a cluster, ours and those that are often added.

use super::{
    ALL, APPS, AUTHENTICATION, AUTHORIZATION, CERTIFICATES, CHANGE, COORDINATION, CORE, CREATE,
    Clause, DISCOVERY, FOLLOW, GET, NETWORKING, NODE, POLICY, READ, READ_WRITE, RECORD, RESOURCE,
    Role, STORAGE, Words, on, on_named, role, role_in,
};

const REVIEWS: [Clause; 2] = [
    on(AUTHENTICATION, &["tokenreviews"], CREATE),
    on(AUTHORIZATION, &["subjectaccessreviews"], CREATE),
];
const SYSTEM: &str = "kube-system";
const PUBLIC: &str = "kube-public";
const REQUEST: Words = &["create", "get", "list", "watch"];

pub(super) const ROLES: &[Role] = &[
    role("system:auth-delegator", &REVIEWS),
    role("system:kube-aggregator", &[on(CORE, &["endpoints", "services"], READ)]),
    role(
        "system:kube-controller-manager",
        &[
            // One user runs every controller, the garbage collector and the end of namespaces among them, and
            // those touch objects of every kind. Not in it: escalate, bind, impersonate and approve.
            on(ALL, ALL, READ_WRITE),
        ],
    ),
    role("system:kube-dns", &[on(CORE, &["endpoints", "services"], FOLLOW)]),
    role(
        "system:kube-scheduler",
        &[
            RECORD,
            on(COORDINATION, &["leases"], &["create", "get", "list", "patch", "update", "watch"]),
            on(CORE, &["nodes", "namespaces", "replicationcontrollers", "services"], READ),
            on(CORE, &["pods"], &["delete", "get", "list", "watch"]),
            on(CORE, &["bindings", "pods/binding"], CREATE),
            on(CORE, &["pods/status"], CHANGE),
            on(APPS, &["replicasets", "statefulsets"], READ),
            on(POLICY, &["poddisruptionbudgets"], READ),
            on(CORE, &["persistentvolumeclaims", "persistentvolumes"], READ),
            on(&["scheduling.k8s.io"], &["priorityclasses"], READ),
            on(
                STORAGE,
                &["csidrivers", "csinodes", "csistoragecapacities", "volumeattachments"],
                READ,
            ),
            on(RESOURCE, &["deviceclasses", "resourceclaims", "resourceslices"], READ),
            on(RESOURCE, &["resourceclaims", "resourceclaims/status"], CHANGE),
            REVIEWS[0],
            REVIEWS[1],
        ],
    ),
    role(
        "system:volume-scheduler",
        &[
            on(
                CORE,
                &["persistentvolumes", "persistentvolumeclaims"],
                &["get", "list", "patch", "update", "watch"],
            ),
            on(STORAGE, &["storageclasses"], READ),
        ],
    ),
    role(
        "system:persistent-volume-provisioner",
        &[
            on(CORE, &["persistentvolumes"], &["create", "delete", "get", "list", "watch"]),
            on(CORE, &["persistentvolumeclaims"], &["get", "list", "update", "watch"]),
            on(STORAGE, &["storageclasses"], READ),
            on(CORE, &["events"], &["watch"]),
            RECORD,
        ],
    ),
    role("system:node", NODE_RULES),
    role(
        "system:node-proxier",
        &[
            on(CORE, &["endpoints", "services"], FOLLOW),
            on(CORE, &["nodes"], READ),
            RECORD,
            on(DISCOVERY, &["endpointslices"], FOLLOW),
            on(NETWORKING, &["servicecidrs"], FOLLOW),
        ],
    ),
    role("system:node-bootstrapper", &[on(CERTIFICATES, &["certificatesigningrequests"], REQUEST)]),
    role(
        "system:node-problem-detector",
        &[on(CORE, &["nodes"], GET), on(CORE, &["nodes/status"], &["patch"]), RECORD],
    ),
    role(
        "system:kubelet-api-admin",
        &[
            on(CORE, &["nodes"], READ),
            on(CORE, &["nodes"], &["proxy"]),
            on(
                CORE,
                &[
                    "nodes/configz",
                    "nodes/healthz",
                    "nodes/log",
                    "nodes/metrics",
                    "nodes/pods",
                    "nodes/proxy",
                    "nodes/stats",
                ],
                ALL,
            ),
        ],
    ),
    role(
        "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
        &[on(CERTIFICATES, &["certificatesigningrequests/nodeclient"], CREATE)],
    ),
    role(
        "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        &[on(CERTIFICATES, &["certificatesigningrequests/selfnodeclient"], CREATE)],
    ),
];

/// What every node may do, besides reading what its pods refer to. Admission holds it to its own objects.
pub(super) const NODE_RULES: &[Clause] = &[
    REVIEWS[0],
    on(AUTHORIZATION, &["localsubjectaccessreviews", "subjectaccessreviews"], CREATE),
    on(CORE, &["services"], READ),
    on(DISCOVERY, &["endpointslices"], READ),
    // Not delete: made anew, it would be without the taints and labels that administrators gave it.
    on(CORE, &["nodes"], &["create", "get", "list", "patch", "update", "watch"]),
    on(CORE, &["nodes/status"], CHANGE),
    RECORD,
    on(CORE, &["pods"], &["create", "delete", "get", "list", "watch"]),
    on(CORE, &["pods/status"], CHANGE),
    on(CORE, &["pods/eviction"], CREATE),
    on(CERTIFICATES, &["certificatesigningrequests"], REQUEST),
    on(COORDINATION, &["leases"], &["create", "delete", "get", "patch", "update"]),
    on(STORAGE, &["csidrivers"], READ),
    on(STORAGE, &["csinodes"], &["create", "delete", "get", "patch", "update"]),
    on(NODE, &["runtimeclasses"], READ),
];

const LOCK: [Clause; 2] = [
    on(COORDINATION, &["leases"], &["create", "list", "watch"]),
    on(COORDINATION, &["leases"], &["get", "update"]),
];

pub(super) const NAMESPACED: &[Role] = &[
    role_in(
        SYSTEM,
        "extension-apiserver-authentication-reader",
        &[on_named(CORE, &["configmaps"], &["extension-apiserver-authentication"], READ)],
    ),
    role_in(SYSTEM, "system::leader-locking-kube-controller-manager", &LOCK),
    role_in(SYSTEM, "system::leader-locking-kube-scheduler", &LOCK),
    role_in(SYSTEM, "system:controller:bootstrap-signer", &[on(CORE, &["secrets"], READ)]),
    role_in(
        SYSTEM,
        "system:controller:token-cleaner",
        &[on(CORE, &["secrets"], &["delete", "get", "list", "watch"]), RECORD],
    ),
    // Under the name kubeadm gives it: a machine that joins reads this before anybody knows it.
    role_in(
        PUBLIC,
        "kubeadm:bootstrap-signer-clusterinfo",
        &[on_named(CORE, &["configmaps"], &["cluster-info"], GET)],
    ),
    role_in(
        PUBLIC,
        "system:controller:bootstrap-signer",
        &[
            on(CORE, &["configmaps"], READ),
            on_named(CORE, &["configmaps"], &["cluster-info"], CHANGE),
            RECORD,
        ],
    ),
];
