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

/// Where a user has the name of the credential by which it is known.
pub(crate) const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";
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

    /// The groups of every service account in a namespace.
    pub(crate) fn groups_of_account(namespace: &str) -> Vec<String> {
        vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]
    }

    /// Whether the user is in a group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }
}

/// What the names of kubelets start with.
const NODE_PREFIX: &str = "system:node:";

/// A user with what authorisation asks on every request, worked out once per connection.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) user: User,
    /// Allowed everything.
    pub(crate) trusted: bool,
    node: bool,
}

impl Identity {
    /// Somebody who proved who they are.
    pub(crate) fn new(mut user: User) -> Self {
        if !user.is_in(AUTHENTICATED) {
            user.groups.push(AUTHENTICATED.to_owned());
        }
        Self::exactly(user)
    }

    /// A user in no other groups than these.
    pub(crate) fn exactly(user: User) -> Self {
        let trusted = user.is_in(MASTERS);
        let node = user.is_in(NODES)
            && user.name.strip_prefix(NODE_PREFIX).is_some_and(|name| !name.is_empty());
        Self { user, trusted, node }
    }

    /// Nobody said who this is.
    pub(crate) fn anonymous() -> Self {
        Self::exactly(User::new(ANONYMOUS, &[UNAUTHENTICATED]))
    }

    /// The node whose kubelet this is.
    pub(crate) fn node(&self) -> Option<&str> {
        self.user.name.strip_prefix(NODE_PREFIX).filter(|_| self.node)
    }
}
