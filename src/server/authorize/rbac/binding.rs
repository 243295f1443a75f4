//! A binding as the index keeps it.

use std::sync::Arc;

use serde::Deserialize;

use crate::cache::Cached;

/// What the names of the users that service accounts are start with.
const ACCOUNT: &str = "system:serviceaccount:";

/// Who has which role, where.
#[derive(Debug)]
pub(crate) struct Binding {
    /// The key on its shelf.
    pub(super) key: Arc<str>,
    /// Where it holds; `None` in the whole cluster.
    pub(super) namespace: Option<Box<str>>,
    pub(crate) role: RoleKey,
    pub(super) subjects: Box<[Subject]>,
}

/// The key of a role on its shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoleKey {
    /// The name of a `ClusterRole`.
    Cluster(Box<str>),
    /// Namespace and name of a `Role`.
    Namespaced(Box<str>),
}

/// One of those who have the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    User(Box<str>),
    Group(Box<str>),
    /// A service account, by the name of its user.
    Account(Box<str>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    role_ref: Reference,
    #[serde(default)]
    subjects: Option<Vec<Reference>>,
}

#[derive(Deserialize)]
struct Reference {
    kind: String,
    name: String,
    #[serde(default)]
    namespace: String,
}

impl Binding {
    pub(super) fn read(object: &Cached) -> Result<Self, serde_json::Error> {
        let document: Document = serde_json::from_slice(&object.bytes)?;
        let namespace = object.namespace();
        let subjects = document.subjects.into_iter().flatten();
        Ok(Self {
            key: Arc::clone(&object.key),
            role: RoleKey::new(&document.role_ref.kind, &document.role_ref.name, namespace),
            subjects: subjects.filter_map(|subject| Subject::of(subject, namespace)).collect(),
            namespace: namespace.map(Into::into),
        })
    }

    fn name(&self) -> &str {
        self.key.split_once('/').map_or(&self.key, |(_, name)| name)
    }
}

impl RoleKey {
    /// What a binding in a namespace means by a reference.
    pub(crate) fn new(kind: &str, name: &str, namespace: Option<&str>) -> Self {
        match namespace {
            Some(namespace) if kind == "Role" => {
                Self::Namespaced(format!("{namespace}/{name}").into())
            }
            _ => Self::Cluster(name.into()),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Cluster(name) => name,
            Self::Namespaced(key) => key.split_once('/').map_or(key, |(_, name)| name),
        }
    }
}

impl Subject {
    /// `None` for a kind of subject that is none, which validation does not let in.
    fn of(reference: Reference, namespace: Option<&str>) -> Option<Self> {
        let Reference { kind, name, namespace: own } = reference;
        match kind.as_str() {
            "User" => Some(Self::User(name.into())),
            "Group" => Some(Self::Group(name.into())),
            "ServiceAccount" => {
                let own = if own.is_empty() { namespace? } else { &own };
                Some(Self::Account(format!("{ACCOUNT}{own}:{name}").into()))
            }
            _ => None,
        }
    }
}

/// A subject's part in a binding, as reviews show it.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) binding: Arc<Binding>,
    /// Which of its subjects.
    pub(super) subject: usize,
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let binding = &self.binding;
        match &binding.namespace {
            None => write!(f, "ClusterRoleBinding {:?}", binding.name())?,
            Some(namespace) => {
                write!(f, "RoleBinding {:?}", format!("{}/{namespace}", binding.name()))?;
            }
        }
        let kind = match binding.role {
            RoleKey::Cluster(_) => "ClusterRole",
            RoleKey::Namespaced(_) => "Role",
        };
        write!(f, " of {kind} {:?} to ", binding.role.name())?;
        match &binding.subjects[self.subject] {
            Subject::User(name) => write!(f, "User {name:?}"),
            Subject::Group(name) => write!(f, "Group {name:?}"),
            Subject::Account(user) => {
                let account = user.strip_prefix(ACCOUNT).unwrap_or(user);
                let (namespace, name) = account.split_once(':').unwrap_or(("", account));
                write!(f, "ServiceAccount {:?}", format!("{name}/{namespace}"))
            }
        }
    }
}
