//! Who has the default roles.

use super::Binding;
use super::Subject::{Account, Group, User};

const AUTHENTICATED: &str = "system:authenticated";
const CONTROLLERS: &str = "system:kube-controller-manager";
const SCHEDULER: &str = "system:kube-scheduler";
const SYSTEM: &str = "kube-system";
const PUBLIC: &str = "kube-public";

pub(super) const BINDINGS: &[Binding] = &[
    whole("cluster-admin", &[Group("system:masters")]),
    whole("system:basic-user", &[Group(AUTHENTICATED)]),
    whole("system:discovery", &[Group(AUTHENTICATED)]),
    whole("system:public-info-viewer", &[Group(AUTHENTICATED), Group("system:unauthenticated")]),
    whole("system:monitoring", &[Group("system:monitoring")]),
    whole("system:service-account-issuer-discovery", &[Group("system:serviceaccounts")]),
    whole(CONTROLLERS, &[User(CONTROLLERS)]),
    whole(SCHEDULER, &[User(SCHEDULER)]),
    whole("system:volume-scheduler", &[User(SCHEDULER)]),
    whole("system:kube-dns", &[Account(SYSTEM, "kube-dns")]),
    whole("system:node-proxier", &[User("system:kube-proxy")]),
    // Nobody: kubelets have the node authorizer, which knows which node asks.
    whole("system:node", &[]),
    inside(
        SYSTEM,
        "system::extension-apiserver-authentication-reader",
        "extension-apiserver-authentication-reader",
        &[User(CONTROLLERS), User(SCHEDULER)],
    ),
    inside(
        SYSTEM,
        "system::leader-locking-kube-controller-manager",
        "system::leader-locking-kube-controller-manager",
        &[User(CONTROLLERS), Account(SYSTEM, "kube-controller-manager")],
    ),
    inside(
        SYSTEM,
        "system::leader-locking-kube-scheduler",
        "system::leader-locking-kube-scheduler",
        &[User(SCHEDULER), Account(SYSTEM, "kube-scheduler")],
    ),
    inside(
        SYSTEM,
        "system:controller:bootstrap-signer",
        "system:controller:bootstrap-signer",
        &[Account(SYSTEM, "bootstrap-signer")],
    ),
    inside(
        SYSTEM,
        "system:controller:token-cleaner",
        "system:controller:token-cleaner",
        &[Account(SYSTEM, "token-cleaner")],
    ),
    inside(
        PUBLIC,
        "kubeadm:bootstrap-signer-clusterinfo",
        "kubeadm:bootstrap-signer-clusterinfo",
        &[User("system:anonymous")],
    ),
    inside(
        PUBLIC,
        "system:controller:bootstrap-signer",
        "system:controller:bootstrap-signer",
        &[Account(SYSTEM, "bootstrap-signer")],
    ),
];

/// Of a cluster role, to a binding of its name.
const fn whole(role: &'static str, subjects: &'static [super::Subject]) -> Binding {
    Binding { name: role, namespace: None, role, subjects }
}

const fn inside(
    namespace: &'static str,
    name: &'static str,
    role: &'static str,
    subjects: &'static [super::Subject],
) -> Binding {
    Binding { name, namespace: Some(namespace), role, subjects }
}
