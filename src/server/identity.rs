//! Who makes a request.

use std::collections::BTreeMap;

/// A user as authentication knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The name, such as `system:node:one`.
    pub name: String,
    /// Tells users of one name apart over time; may be empty.
    pub uid: String,
    /// The groups the user is in.
    pub groups: Vec<String>,
    /// Whatever else the authenticator knows.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// The group whose members may do everything.
pub(crate) const MASTERS: &str = "system:masters";
/// Everybody who proved who they are.
pub(crate) const AUTHENTICATED: &str = "system:authenticated";
/// Everybody else.
pub(crate) const UNAUTHENTICATED: &str = "system:unauthenticated";
/// The name of everybody else.
pub(crate) const ANONYMOUS: &str = "system:anonymous";
/// The group of kubelets.
pub(crate) const NODES: &str = "system:nodes";

/// The platform's own components, wherever they run.
const COMPONENTS: &[&str] =
    &["system:apiserver", "system:kube-scheduler", "system:kube-controller-manager"];

impl User {
    /// A user of this name in these groups.
    pub fn new(name: impl Into<String>, groups: &[&str]) -> Self {
        Self {
            name: name.into(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// The administrator: allowed everything.
    pub fn admin() -> Self {
        Self::new("system:admin", &[MASTERS])
    }

    /// Whether the user is in a group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }
}

/// A user with what authorisation asks on every request, worked out once per connection.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) user: User,
    /// Allowed everything: an administrator or a part of the platform.
    pub(crate) trusted: bool,
    pub(crate) anonymous: bool,
}

impl Identity {
    pub(crate) fn new(mut user: User) -> Self {
        let trusted =
            user.is_in(MASTERS) || user.is_in(NODES) || COMPONENTS.contains(&user.name.as_str());
        if !user.is_in(AUTHENTICATED) {
            user.groups.push(AUTHENTICATED.to_owned());
        }
        Self { user, trusted, anonymous: false }
    }

    pub(crate) fn anonymous() -> Self {
        let user = User::new(ANONYMOUS, &[UNAUTHENTICATED]);
        Self { user, trusted: false, anonymous: true }
    }
}
