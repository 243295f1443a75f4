//! Roles to give to people and programs: what everybody may, and view, edit and admin for namespaces.

use super::{
    ALL, APPS, AUTHENTICATION, AUTHORIZATION, AUTOSCALING, BATCH, CERTIFICATES, COORDINATION, CORE,
    CREATE, Clause, DISCOVERY, GET, METRICS, NETWORKING, POLICY, RBAC, READ, READ_WRITE, RESOURCE,
    Role, WRITE, at, on, on_named, role,
};

const TO_ADMIN: &str = "rbac.authorization.k8s.io/aggregate-to-admin";
const TO_EDIT: &str = "rbac.authorization.k8s.io/aggregate-to-edit";
const TO_VIEW: &str = "rbac.authorization.k8s.io/aggregate-to-view";

pub(super) const ROLES: &[Role] = &[
    role("cluster-admin", &[on(ALL, ALL, ALL), at(ALL, ALL)]),
    Role { gathers: Some(TO_ADMIN), ..role("admin", &[]) },
    Role { gathers: Some(TO_EDIT), label: Some(TO_ADMIN), ..role("edit", &[]) },
    Role { gathers: Some(TO_VIEW), label: Some(TO_EDIT), ..role("view", &[]) },
    Role { label: Some(TO_ADMIN), ..role("system:aggregate-to-admin", ADMIN) },
    Role { label: Some(TO_EDIT), ..role("system:aggregate-to-edit", EDIT) },
    Role { label: Some(TO_VIEW), ..role("system:aggregate-to-view", VIEW) },
    role(
        "system:basic-user",
        &[
            on(AUTHORIZATION, &["selfsubjectaccessreviews", "selfsubjectrulesreviews"], CREATE),
            on(AUTHENTICATION, &["selfsubjectreviews"], CREATE),
        ],
    ),
    role(
        "system:discovery",
        &[at(
            &[
                "/api",
                "/api/*",
                "/apis",
                "/apis/*",
                "/healthz",
                "/livez",
                "/openapi",
                "/openapi/*",
                "/readyz",
                "/version",
                "/version/",
            ],
            GET,
        )],
    ),
    Role {
        label: Some(TO_VIEW),
        ..role("system:aggregated-metrics-reader", &[on(METRICS, &["nodes", "pods"], READ)])
    },
    role(
        "system:public-info-viewer",
        &[at(&["/healthz", "/livez", "/readyz", "/version", "/version/"], GET)],
    ),
    role(
        "system:monitoring",
        &[at(
            &[
                "/healthz",
                "/healthz/*",
                "/livez",
                "/livez/*",
                "/metrics",
                "/metrics/slis",
                "/statusz",
                "/flagz",
                "/readyz",
                "/readyz/*",
            ],
            GET,
        )],
    ),
    role(
        "system:service-account-issuer-discovery",
        &[at(
            &[
                "/.well-known/openid-configuration",
                "/.well-known/openid-configuration/",
                "/openid/v1/jwks",
                "/openid/v1/jwks/",
            ],
            GET,
        )],
    ),
    role(
        "system:certificates.k8s.io:kube-apiserver-client-approver",
        &[on_named(CERTIFICATES, &["signers"], &["kubernetes.io/kube-apiserver-client"], APPROVE)],
    ),
    role(
        "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver",
        &[on_named(
            CERTIFICATES,
            &["signers"],
            &["kubernetes.io/kube-apiserver-client-kubelet"],
            APPROVE,
        )],
    ),
    role(
        "system:certificates.k8s.io:kubelet-serving-approver",
        &[on_named(CERTIFICATES, &["signers"], &["kubernetes.io/kubelet-serving"], APPROVE)],
    ),
    role(
        "system:certificates.k8s.io:legacy-unknown-approver",
        &[on_named(CERTIFICATES, &["signers"], &["kubernetes.io/legacy-unknown"], APPROVE)],
    ),
];

const APPROVE: super::Words = &["approve"];

const ADMIN: &[Clause] = &[
    on(AUTHORIZATION, &["localsubjectaccessreviews"], CREATE),
    on(RBAC, &["rolebindings", "roles"], READ_WRITE),
];

const EDIT: &[Clause] = &[
    on(
        CORE,
        &[
            "pods/attach",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
            "secrets",
            "services/proxy",
        ],
        READ,
    ),
    on(CORE, &["serviceaccounts"], &["impersonate"]),
    on(CORE, &["pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"], WRITE),
    on(CORE, &["pods/eviction"], CREATE),
    on(
        CORE,
        &[
            "configmaps",
            "events",
            "persistentvolumeclaims",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "serviceaccounts",
            "services",
            "services/proxy",
        ],
        WRITE,
    ),
    on(CORE, &["serviceaccounts/token"], CREATE),
    on(
        APPS,
        &[
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
        WRITE,
    ),
    on(AUTOSCALING, &["horizontalpodautoscalers"], WRITE),
    on(BATCH, &["cronjobs", "jobs"], WRITE),
    on(POLICY, &["poddisruptionbudgets"], WRITE),
    on(NETWORKING, &["ingresses", "networkpolicies"], WRITE),
    on(COORDINATION, &["leases"], READ_WRITE),
    on(RESOURCE, &["resourceclaims", "resourceclaimtemplates"], WRITE),
];

const VIEW: &[Clause] = &[
    on(
        CORE,
        &[
            "configmaps",
            "endpoints",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "serviceaccounts",
            "services",
            "services/status",
        ],
        READ,
    ),
    on(
        CORE,
        &[
            "bindings",
            "events",
            "limitranges",
            "namespaces/status",
            "pods/log",
            "pods/status",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
        ],
        READ,
    ),
    on(CORE, &["namespaces"], READ),
    on(DISCOVERY, &["endpointslices"], READ),
    on(
        APPS,
        &[
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
        READ,
    ),
    on(AUTOSCALING, &["horizontalpodautoscalers", "horizontalpodautoscalers/status"], READ),
    on(BATCH, &["cronjobs", "cronjobs/status", "jobs", "jobs/status"], READ),
    on(POLICY, &["poddisruptionbudgets", "poddisruptionbudgets/status"], READ),
    on(NETWORKING, &["ingresses", "ingresses/status", "networkpolicies"], READ),
    on(RESOURCE, &["resourceclaims", "resourceclaims/status", "resourceclaimtemplates"], READ),
];
