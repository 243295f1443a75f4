//! The group `rbac.authorization.k8s.io`.

mod binding;
mod cluster_role;
mod cluster_role_binding;
mod role;
mod role_binding;

/// The group these kinds are in, and users and groups too.
const GROUP: &str = "rbac.authorization.k8s.io";

pub(crate) use cluster_role::ClusterRole;
pub(crate) use cluster_role_binding::ClusterRoleBinding;
pub(crate) use role::Role;
pub(crate) use role_binding::RoleBinding;
