//! What each of Kubernetes' own signers signs, and what is approved without asking anybody.

use std::collections::BTreeSet;

use super::request::Request;

/// A signer of Kubernetes' own. The fourth, for requests of before there were signers, never signs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    /// Certificates of users.
    ApiClient,
    /// Certificates of kubelets, as clients.
    KubeletClient,
    /// Certificates of kubelets, as servers.
    KubeletServing,
}

const CLIENT_AUTH: &str = "client auth";
const SERVER_AUTH: &str = "server auth";
const SIGNATURE: &str = "digital signature";
const ENCIPHERMENT: &str = "key encipherment";
const NODES: &str = "system:nodes";
const NODE_PREFIX: &str = "system:node:";

impl Signer {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "kubernetes.io/kube-apiserver-client" => Some(Self::ApiClient),
            "kubernetes.io/kube-apiserver-client-kubelet" => Some(Self::KubeletClient),
            "kubernetes.io/kubelet-serving" => Some(Self::KubeletServing),
            _ => None,
        }
    }

    /// Why this signer does not sign a request, if it does not.
    pub(super) fn refusal(self, request: &Request, usages: &BTreeSet<&str>) -> Option<String> {
        match self {
            Self::ApiClient => client_usages(usages),
            Self::KubeletClient => kubelet_client(request, usages),
            Self::KubeletServing => kubelet_serving(request, usages),
        }
    }
}

/// Of a user's certificate nothing but the uses is checked: whoever approved it has seen the rest.
fn client_usages(usages: &BTreeSet<&str>) -> Option<String> {
    let known = [SIGNATURE, ENCIPHERMENT, CLIENT_AUTH];
    if let Some(other) = usages.iter().find(|usage| !known.contains(usage)) {
        return Some(format!("invalid usage for client certificate: {other}"));
    }
    (!usages.contains(CLIENT_AUTH)).then(|| format!("missing required usage: {CLIENT_AUTH}"))
}

fn kubelet_client(request: &Request, usages: &BTreeSet<&str>) -> Option<String> {
    if let Some(why) = node_subject(request) {
        return Some(why);
    }
    for (count, what) in [
        (request.dns_names, "DNS"),
        (request.emails, "Email"),
        (request.addresses, "IP"),
        (request.uris, "URI"),
        (request.other_names, "other"),
    ] {
        if count > 0 {
            return Some(format!("{what} subjectAltNames are not allowed"));
        }
    }
    uses(usages, CLIENT_AUTH)
}

fn kubelet_serving(request: &Request, usages: &BTreeSet<&str>) -> Option<String> {
    if let Some(why) = node_subject(request) {
        return Some(why);
    }
    if request.dns_names + request.addresses == 0 {
        return Some("DNS or IP subjectAltName is required".to_owned());
    }
    for (count, what) in
        [(request.emails, "Email"), (request.uris, "URI"), (request.other_names, "other")]
    {
        if count > 0 {
            return Some(format!("{what} subjectAltNames are not allowed"));
        }
    }
    uses(usages, SERVER_AUTH)
}

fn node_subject(request: &Request) -> Option<String> {
    if request.organizations != [NODES] {
        return Some(format!("subject organization is not {NODES}"));
    }
    if request.common_name.strip_prefix(NODE_PREFIX).is_none_or(str::is_empty) {
        return Some(format!("subject common name does not begin with {NODE_PREFIX}"));
    }
    None
}

/// A purpose, signatures, and encipherment if the key is one that can.
fn uses(usages: &BTreeSet<&str>, purpose: &str) -> Option<String> {
    let (with, without) =
        (BTreeSet::from([ENCIPHERMENT, SIGNATURE, purpose]), BTreeSet::from([SIGNATURE, purpose]));
    (*usages != with && *usages != without)
        .then(|| format!("usages did not match [{ENCIPHERMENT} {SIGNATURE} {purpose}]"))
}

/// A permission that lets a kubelet's request pass without a person, and what is then said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shortcut {
    /// The subresource on which `create` has to be granted.
    pub(super) subresource: &'static str,
    pub(super) message: &'static str,
}

const OWN: Shortcut = Shortcut {
    subresource: "selfnodeclient",
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
};
const ANY: Shortcut = Shortcut {
    subresource: "nodeclient",
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
};

/// By which permissions a request would be approved, first the one that allows least.
pub(super) fn shortcuts(
    signer: Signer,
    request: &Request,
    usages: &BTreeSet<&str>,
    requester: &str,
) -> &'static [Shortcut] {
    if signer != Signer::KubeletClient || kubelet_client(request, usages).is_some() {
        return &[];
    }
    if request.common_name == requester { &[OWN, ANY] } else { &[ANY] }
}

#[cfg(test)]
mod tests;
