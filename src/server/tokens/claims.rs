//! What a token says (RFC 7519 and the `kubernetes.io` private claim).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::identity::User;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    /// `system:serviceaccount:<namespace>:<name>`.
    pub(super) sub: String,
    pub(super) aud: Vec<String>,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) nbf: i64,
    pub(super) jti: String,
    #[serde(rename = "kubernetes.io")]
    pub(super) binding: Binding,
}

/// Whom the token stands for, and whose end is its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Binding {
    pub(super) namespace: String,
    pub(super) serviceaccount: Reference,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pod: Option<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<Reference>,
    /// The node the token is bound to; beside a pod, only the one that the pod ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) node: Option<Reference>,
    /// When the token should have been replaced, if it lasts longer than was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) warnafter: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reference {
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) uid: String,
}

impl Binding {
    /// Of an account alone.
    pub(super) fn new(namespace: String, serviceaccount: Reference) -> Self {
        Self { namespace, serviceaccount, pod: None, secret: None, node: None, warnafter: None }
    }

    /// The objects whose end is the token's: plural, whether it is in the namespace, and which one.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&'static str, bool, &Reference)> {
        let node = self.node.as_ref().filter(|_| self.pod.is_none());
        [
            ("serviceaccounts", true, Some(&self.serviceaccount)),
            ("pods", true, self.pod.as_ref()),
            ("secrets", true, self.secret.as_ref()),
            ("nodes", false, node),
        ]
        .into_iter()
        .filter_map(|(plural, namespaced, object)| Some((plural, namespaced, object?)))
    }
}

impl Claims {
    pub(super) fn subject(namespace: &str, account: &str) -> String {
        format!("system:serviceaccount:{namespace}:{account}")
    }

    /// Whether the subject is the account that the private claim names.
    pub(super) fn is_consistent(&self) -> bool {
        let Binding { namespace, serviceaccount, .. } = &self.binding;
        self.sub == Self::subject(namespace, &serviceaccount.name)
    }

    pub(super) fn user(&self) -> User {
        let mut extra = BTreeMap::new();
        let mut note = |key: &str, value: String| {
            if !value.is_empty() {
                extra.insert(format!("authentication.kubernetes.io/{key}"), vec![value]);
            }
        };
        if !self.jti.is_empty() {
            note("credential-id", format!("JTI={}", self.jti));
        }
        if let Some(pod) = &self.binding.pod {
            note("pod-name", pod.name.clone());
            note("pod-uid", pod.uid.clone());
        }
        if let Some(node) = &self.binding.node {
            note("node-name", node.name.clone());
            note("node-uid", node.uid.clone());
        }
        User {
            name: self.sub.clone(),
            uid: self.binding.serviceaccount.uid.clone(),
            groups: User::groups_of_account(&self.binding.namespace),
            extra,
        }
    }
}
