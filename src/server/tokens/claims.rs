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
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) uid: String,
}

impl Claims {
    pub(super) fn user(self) -> User {
        let mut extra = BTreeMap::new();
        let mut note = |key: &str, value: String| {
            extra.insert(format!("authentication.kubernetes.io/{key}"), vec![value]);
        };
        note("credential-id", format!("JTI={}", self.jti));
        if let Some(pod) = self.binding.pod {
            note("pod-name", pod.name);
            note("pod-uid", pod.uid);
        }
        User {
            name: self.sub,
            uid: self.binding.serviceaccount.uid,
            groups: User::groups_of_account(&self.binding.namespace),
            extra,
        }
    }
}
